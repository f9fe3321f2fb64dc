"""Every address × every role, from the one table of rules, by real requests."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from interactions.access.roles import NAMESPACES, RIGHTS, ROUTES, Access, Right, Role, rule_of
from interactions.models import Environment, Import, Membership
from tests import cast
from tests.ingest.uploads.tus import Tus
from tests.pages import made, page_of, text_of

pytestmark = pytest.mark.django_db

# What fills the places of an address: the row need not be there, since who may not is refused before it is looked for.
PLACES: dict[str, Any] = {"environment": "production", "pk": 4711, "id": 4711, "token": "none"}
QUERIES = {"api_trial": "?dry_run=1"}  # what needs no more than the address's own right
# 404 for whoever has none.
OF_A_SECOND_FACTOR = ("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_download_recovery_codes")
ROLES: tuple[Role | None, ...] = (*Role, None)


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, namespace or each.namespace or "")
        else:
            yield namespace, each


PATTERNS = list(patterns(get_resolver()))
NAMED = {pattern.name: pattern for namespace, pattern in PATTERNS if not namespace and pattern.name}
OF_AN_ENVIRONMENT = sorted(name for name, pattern in NAMED.items() if "environment" in pattern.pattern.converters)


def address_of(name: str) -> str:
    converters = NAMED[name].pattern.converters
    return reverse(name, kwargs={place: PLACES.get(place, "1") for place in converters})


def ask(client: Client, name: str) -> int:
    """The status for a member who does everything an address does: looking, and where it only takes POST, that."""
    client.raise_request_exception = False
    address = address_of(name) + QUERIES.get(name, "")
    answer = client.get(address)
    return client.post(address).status_code if answer.status_code == 405 else answer.status_code


def test_every_address_has_a_rule() -> None:
    without = [str(pattern.pattern) for namespace, pattern in PATTERNS if rule_of(pattern.name, namespace) is None]
    assert without == []


def test_every_rule_has_an_address() -> None:
    assert set(ROUTES) - set(NAMED) == set()
    assert set(NAMESPACES) == {namespace for namespace, _ in PATTERNS if namespace}


def test_every_address_of_an_environment_asks_for_a_right() -> None:
    assert [name for name in OF_AN_ENVIRONMENT if not isinstance(ROUTES[name], Right)] == []


def test_an_address_without_a_rule_is_refused_to_everybody(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROUTES, "overview")
    client.force_login(User.objects.create_superuser("boss"))
    assert client.get("/production/").status_code == 403


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("name", OF_AN_ENVIRONMENT)
def test_each_role_may_open_what_the_table_says(
    client: Client, redis_server: str, name: str, role: Role | None
) -> None:
    client.force_login(cast.member("somebody", role))
    rule = ROUTES[name]
    assert isinstance(rule, Right)
    assert (ask(client, name) != 403) == (role is not None and rule in RIGHTS[role])


@pytest.mark.parametrize("name", sorted(name for name in NAMED if ROUTES[name] is Access.LOGGED_IN))
def test_what_belongs_to_no_environment_asks_for_a_log_in_only(client: Client, name: str) -> None:
    stranger = cast.stranger()
    stranger.set_password("correct horse battery")
    stranger.save()
    client.force_login(stranger)
    assert ask(client, name) < 400 or name in OF_A_SECOND_FACTOR


@pytest.mark.parametrize("name", sorted(name for name in NAMED if ROUTES[name] is not Access.PUBLIC))
def test_without_a_log_in_or_a_key_nothing_is_shown(client: Client, redis_server: str, name: str) -> None:
    if ROUTES[name] is Access.KEY or name in ("upload", "uploads"):
        assert ask(client, name) == 401
    else:
        assert client.get(address_of(name))["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_uploads_are_for_those_who_may_import(role: Role | None) -> None:
    answer = Tus(cast.member("somebody", role)).create(10)
    assert answer.status_code == (201 if role in (Role.ANALYST, Role.OWNER) else 403)


def test_an_upload_goes_to_an_environment_where_one_may_import() -> None:
    assert Tus(cast.member("somebody", Role.ANALYST, "playground")).create(10).status_code == 403


def test_an_upload_ends_with_the_role() -> None:
    user = cast.analyst()
    address = Tus(user).created(10)
    Membership.objects.filter(user=user).update(role=Role.VIEWER)
    assert Tus(user).head(address).status_code == 403


def test_a_test_interaction_is_stored_for_those_who_may_import(client: Client, redis_server: str) -> None:
    client.force_login(cast.viewer())
    assert client.post("/production/api/trial/", {"body": "{}"}).status_code == 403


@pytest.mark.parametrize(("of", "status"), [("anna", 302), ("olga", 403)])
def test_an_analyst_undoes_imports_of_ones_own(client: Client, of: str, status: int) -> None:
    people = {"anna": cast.analyst(), "olga": cast.owner()}
    imp = made(Import.State.DONE, created_by=people[of])
    client.force_login(people["anna"])
    assert client.post(page_of("import_undo", imp)).status_code == status
    assert ('id="undo-import"' in text_of(client, page_of("import_detail", imp))) == (status == 302)


def test_an_owner_undoes_anybodys_import(client: Client) -> None:
    imp = made(Import.State.DONE, created_by=cast.analyst())
    client.force_login(cast.owner())
    assert client.post(page_of("import_undo", imp)).status_code == 302


def test_a_role_holds_in_its_environment_alone(client: Client) -> None:
    client.force_login(cast.member("somebody", Role.OWNER, "playground"))
    assert client.get("/playground/keys/").status_code == 200
    assert client.get("/production/keys/").status_code == 403
    assert client.get("/production/").status_code == 403


def test_one_sees_the_environments_of_ones_own_only(client: Client) -> None:
    client.force_login(cast.member("somebody", Role.VIEWER, "playground", "development"))
    navigation = client.get("/playground/").context["navigation"]
    assert [link.environment.slug for link in navigation.environments] == ["playground", "development"]


def test_the_home_of_a_member_is_the_first_environment_of_theirs(client: Client) -> None:
    client.force_login(cast.member("somebody", Role.VIEWER, "development", "playground"))
    assert client.get("/")["Location"] == "/playground/"


def test_who_has_no_environment_is_told_whom_to_ask(client: Client) -> None:
    client.force_login(cast.stranger())
    page = client.get("/").content.decode()
    assert "You aren't a member of any environment yet" in page and "stan" in page


def test_an_administrator_is_an_owner_everywhere(client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    for environment in Environment.objects.all():
        page = client.get(f"/{environment.slug}/")
        assert page.status_code == 200 and page.context["may"] == frozenset(Right)


def test_somebody_deactivated_is_logged_out(client: Client) -> None:
    user = cast.owner()
    client.force_login(user)
    User.objects.update(is_active=False)
    assert client.get("/production/")["Location"].startswith(reverse("login"))


@pytest.mark.parametrize(
    ("role", "is_staff", "status"),
    [(Role.PRIVACY, True, 200), (Role.ANALYST, True, 403), (None, True, 403), (Role.OWNER, False, 403)],
)
def test_djangos_admin_is_for_staff_who_carry_out_deletion_requests(
    client: Client, role: Role | None, is_staff: bool, status: int
) -> None:
    user = cast.member("somebody", role)
    User.objects.filter(pk=user.pk).update(is_staff=is_staff)
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get("/admin/").status_code == status


def test_staff_see_nothing_but_deletion_requests_in_djangos_admin(client: Client) -> None:
    user = cast.privacy_admin()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get("/admin/interactions/deletionrequest/").status_code == 200
    for page in ("auth/user/", "auth/group/", "interactions/activityentry/"):
        assert client.get(f"/admin/{page}").status_code == 403


def test_djangos_admin_is_for_administrators(client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    assert client.get("/admin/").status_code == 200


def test_the_pane_leads_where_one_may_go(client: Client) -> None:
    client.force_login(cast.viewer())
    assert 'href="/production/keys/"' not in client.get("/production/").content.decode()
    client.force_login(cast.owner())
    assert 'href="/production/keys/"' in client.get("/production/").content.decode()


def test_switching_leads_to_the_overview_where_one_may_not_open_the_same_page(client: Client) -> None:
    user = cast.member("somebody", Role.OWNER, "production")
    Membership.objects.create(user=user, environment=Environment.objects.get(slug="playground"), role=Role.VIEWER)
    client.force_login(user)
    navigation = client.get("/production/keys/").context["navigation"]
    assert [link.url for link in navigation.environments] == ["/production/keys/", "/playground/"]


# --- How a refusal looks ---


def test_a_refused_page_says_whom_to_ask(client: Client) -> None:
    client.force_login(cast.viewer())
    answer = client.get("/production/keys/")
    assert answer.status_code == 403 and "Ask an owner" in answer.content.decode()


def test_refused_data_is_json(client: Client) -> None:
    client.force_login(cast.stranger())
    answer = client.get("/production/interactions/dashboard.json")
    assert answer.status_code == 403 and "Ask an owner" in answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "page", "refreshes"),
    [("get", "/production/keys/", True), ("get", "/production/", False), ("post", "/production/", True)],
)
def test_htmx_loads_a_page_anew_that_was_refused(client: Client, method: str, page: str, refreshes: bool) -> None:
    client.force_login(cast.viewer())
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    answer = getattr(client, method)("/production/keys/", headers=headers)
    assert answer.status_code == 403 and answer.has_header("HX-Refresh") == refreshes


def test_an_upgrade_makes_members_of_those_who_were_there() -> None:
    from importlib import import_module

    from django.apps import apps

    analyst, _, boss = (User.objects.create_user(name) for name in ("ann", "vic", "boss"))
    analyst.user_permissions.add(Permission.objects.get(codename="add_import"))
    User.objects.filter(pk=boss.pk).update(is_superuser=True)
    import_module("interactions.migrations.0007_members_and_activity").make_members(apps, None)
    rows = set(Membership.objects.values_list("user__username", "environment__slug", "role"))
    everywhere = [environment.slug for environment in Environment.objects.all()]
    assert rows == {("ann", slug, "analyst") for slug in everywhere} | {("vic", slug, "viewer") for slug in everywhere}


def test_who_has_no_role_can_still_log_out(client: Client) -> None:
    client.force_login(cast.stranger())
    page = text_of(client, "/account/")
    assert "No role yet" in page and 'action="/logout/"' in page
