"""Log-ins by OpenID Connect, through a real provider on loopback: who comes in, and as what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from dojo import oidc
from interactions.access.roles import Role
from interactions.models import Membership
from tests import cast
from tests.access.oidc import CLIENT, SECRET, Provider

pytestmark = pytest.mark.django_db
ANN = {"sub": "a1", "email": "ann@example.com", "email_verified": True, "name": "Ann Example"}


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.end()


@pytest.fixture
def provider(server: Provider, settings, tmp_path: Path) -> Provider:
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}
    settings.CACHES = {"default": {**settings.CACHES["default"], **memory}}
    cache.clear()
    apps = oidc.providers(server.issuer, CLIENT, SECRET, "Example", trusts_email=False)
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps}}
    server.person, server.answers_nonsense = dict(ANN), False
    return server


def start(provider: Provider) -> str:
    return f"/login/with/{oidc.providers(provider.issuer, 'a', 'b', '', trusts_email=False)[0]['provider_id']}/"


def came(provider: Provider, client: Client | None = None, query: str = "", **person: Any) -> tuple[Client, Any]:
    """Somebody's browser after going to the provider and back, and the last answer."""
    client = client or Client()
    provider.person.update(person)
    leads = client.get(start(provider) + query)["Location"]
    assert leads.startswith(provider.issuer)
    back = requests.get(leads, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    return client, client.get(f"{parts.path}?{parts.query}")


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def ann(role: Role | None = Role.VIEWER) -> User:
    user = cast.member("ann", role)
    user.email = "Ann@Example.com"
    user.set_password("an owner made this one")
    user.save()
    return user


def roles_of(user: User) -> set[str]:
    return set(Membership.objects.filter(user=user).values_list("role", flat=True))


def test_the_log_in_page_leads_to_the_provider(provider: Provider) -> None:
    page = Client().get("/login/?next=/production/keys/").content.decode()
    assert "Log in with Example" in page and start(provider) in page
    asked = parse_qs(urlsplit(Client().get(start(provider))["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["state"]
    assert asked["redirect_uri"] == [f"http://testserver{start(provider)}callback/"]


def test_a_member_comes_in_by_the_verified_e_mail_address_and_later_by_the_account(provider: Provider) -> None:
    user = ann()
    client, answer = came(provider, query="?next=/production/")
    assert answer["Location"] == "/production/" and is_in(client)
    assert SocialAccount.objects.get(user=user).uid == "a1"
    client, _ = came(provider, email="renamed@example.com")
    assert is_in(client) and User.objects.count() == 1


def test_a_password_that_others_may_know_ends_but_an_administrators(provider: Provider) -> None:
    user = ann()
    came(provider)
    user.refresh_from_db()
    assert not user.has_usable_password()
    boss = User.objects.create_superuser("boss", email="boss@example.com", password="correct horse battery")
    client, _ = came(provider, sub="b1", email="boss@example.com")
    boss.refresh_from_db()
    assert is_in(client) and boss.has_usable_password()


def test_what_the_provider_tells_of_somebody_is_not_kept(provider: Provider) -> None:
    ann()
    came(provider)
    came(provider)
    assert SocialAccount.objects.get().extra_data == {}


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ({"email_verified": False}, "say that your e-mail address is verified"),
        ({"email": "stranger@example.com"}, "No member of Dojo has your e-mail address"),
    ],
)
def test_nobody_else_comes_in(provider: Provider, person: dict[str, Any], says: str) -> None:
    ann()
    client, answer = came(provider, **person)
    assert answer.status_code == 403 and says in answer.content.decode().replace("&#x27;", "'")
    assert not is_in(client) and User.objects.count() == 1


def test_two_members_with_one_address_are_not_mixed_up(provider: Provider) -> None:
    ann()
    User.objects.create_user("ann2", email="ann@example.com")
    client, answer = came(provider)
    assert answer.status_code == 403 and not is_in(client)


def test_a_deactivated_member_stays_out(provider: Provider) -> None:
    user = ann()
    came(provider)
    User.objects.filter(pk=user.pk).update(is_active=False)
    client, answer = came(provider)
    assert answer.status_code == 403 and not is_in(client)


def test_whoever_has_an_address_of_our_domain_becomes_a_member(provider: Provider, settings) -> None:
    settings.OIDC_DOMAINS, settings.OIDC_DEFAULT_ROLE = {"example.com"}, "analyst"
    client, _ = came(provider)
    user = User.objects.get()
    assert is_in(client) and (user.username, user.get_full_name()) == ("ann@example.com", "Ann Example")
    assert roles_of(user) == {"analyst"} and not user.has_usable_password()
    other, answer = came(provider, sub="m1", email="mallory@example.com.evil.org")
    assert answer.status_code == 403 and not is_in(other)


def test_groups_of_the_provider_give_roles_at_each_log_in(provider: Provider, settings) -> None:
    settings.OIDC_ROLES = {"admins": "owner", "data": "analyst"}
    User.objects.create_superuser("boss")
    user = ann()
    came(provider, groups=["everybody", "data", "admins"])
    assert roles_of(user) == {"owner"}
    came(provider, groups=["data"])
    assert roles_of(user) == {"analyst"}
    came(provider, groups=[])
    assert roles_of(user) == set()


def test_the_last_owner_stays_one_whatever_the_provider_says(provider: Provider, settings) -> None:
    settings.OIDC_ROLES = {"data": "analyst"}
    user = ann(Role.OWNER)
    client, answer = came(provider, groups=["data"])
    assert answer.status_code == 403 and "would have no owner" in answer.content.decode()
    assert roles_of(user) == {"owner"} and not is_in(client)


def test_the_second_factor_is_asked_for_after_the_provider_too(provider: Provider) -> None:
    user = ann()
    Authenticator.objects.create(user=user, type="totp", data={"secret": ""})
    client, answer = came(provider)
    assert answer["Location"] == "/login/second-factor/" and not is_in(client)


def test_a_code_without_the_state_of_this_browser_is_refused(provider: Provider) -> None:
    ann()
    leads = Client().get(start(provider))["Location"]
    back = urlsplit(requests.get(leads, allow_redirects=False, timeout=10).headers["Location"])
    victim = Client()
    assert victim.get(f"{back.path}?{back.query}").status_code == 401
    assert not is_in(victim)


def test_who_cancels_is_told_so(provider: Provider) -> None:
    client = Client()
    state = parse_qs(urlsplit(client.get(start(provider))["Location"]).query)["state"][0]
    answer = client.get(f"{start(provider)}callback/?error=access_denied&state={state}", follow=True)
    assert "You cancelled the log-in" in answer.content.decode()


def test_an_account_cannot_be_connected_to_somebody_who_is_logged_in(provider: Provider) -> None:
    client = Client()
    client.force_login(cast.owner())
    came(provider, client, "?process=connect")
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("at", ["start", "end"])
@pytest.mark.parametrize("how", ["nonsense", "silent"])
def test_a_provider_that_does_not_answer_is_a_sentence(provider: Provider, settings, at: str, how: str) -> None:
    ann()
    client, address = Client(), start(provider)
    if at == "end":
        back = urlsplit(
            requests.get(client.get(address)["Location"], allow_redirects=False, timeout=10).headers["Location"]
        )
        address = f"{back.path}?{back.query}"
    if how == "nonsense":
        provider.answers_nonsense = True
    else:
        app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
        app["settings"] = {**app["settings"], "server_url": "http://127.0.0.1:1/realm"}
    answer = client.get(address)
    assert answer.status_code in (401, 502) and "Go to log-in" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "http://testserver:81/", "javascript:x"])
def test_no_log_in_through_a_provider_leads_elsewhere(provider: Provider, place: str) -> None:
    ann()
    _, answer = came(provider, query=f"?next={place}")
    assert answer["Location"] == "/"


def test_an_unknown_provider_is_not_found(provider: Provider) -> None:
    assert Client().get("/login/with/nobody/").status_code == 404


# --- Settings ---


def test_several_providers_have_commas_between() -> None:
    found = oidc.providers("https://a.org/x, https://b.org", "1,2", "s,t", "A,B", trusts_email=True)
    assert [(each["provider_id"], each["name"], each["secret"]) for each in found] == [
        ("a-org-x", "A", "s"),
        ("b-org", "B", "t"),
    ]
    assert oidc.providers("https://a.org", "1", "a,b", "", trusts_email=False)[0]["secret"] == "a,b"


@pytest.mark.parametrize(
    "given", [("http://a.org", "1", "s", ""), ("https://a.org", "", "s", ""), ("a.org", "1", "s", "")]
)
def test_a_provider_that_cannot_be_used_stops_the_start(given: tuple[str, str, str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="OIDC_"):
        oidc.providers(*given, trusts_email=False)


def test_groups_are_read_and_unknown_roles_named() -> None:
    assert oidc.roles("a=b=owner, c=viewer", ("owner", "viewer")) == {"a=b": "owner", "c": "viewer"}
    with pytest.raises(ImproperlyConfigured, match="boss"):
        oidc.roles("a=boss", ("owner",))


def test_domains_are_read_and_refused_where_new_members_would_have_no_role() -> None:
    assert oidc.domains("Example.com, shop.example", has_role=True) == {"example.com", "shop.example"}
    assert oidc.domains("", has_role=False) == frozenset()
    with pytest.raises(ImproperlyConfigured, match=r"OIDC_DOMAINS .* no role: set OIDC_DEFAULT_ROLE"):
        oidc.domains("example.com", has_role=False)
