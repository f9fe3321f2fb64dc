"""The members: the list, adding, changing, deactivating; and the link that sets a password. Plain and with htmx."""

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from interactions.access.roles import Role
from interactions.models import ActivityEntry, Environment, Membership
from tests import cast
from tests.pages import HTMX, text_of

pytestmark = pytest.mark.django_db

LIST = "/production/members/"
NEW = f"{LIST}new/"
FRESH = "staple a horse to it"


@pytest.fixture
def olga(client: Client) -> User:
    """An owner of all three, logged in."""
    user = cast.owner()
    client.force_login(user)
    return user


def link_in(page: str) -> str:
    match = re.search(r'id="link-text"[^>]*>http://testserver(/[^<]+)<', page)
    assert match, page
    return match[1]


def added(client: Client, name: str = "tom", **values: str) -> str:
    """The link of a new member."""
    answer = client.post(NEW, {"username": name, "role": "analyst", **values})
    assert "no-store" in answer["Cache-Control"]
    return link_in(answer.content.decode())


def test_the_list_names_members_with_role_and_last_log_in(client: Client, olga: User) -> None:
    cast.analyst()
    cast.member("dev", Role.VIEWER, "development")
    page = text_of(client, LIST)
    for fact in ("olga", "Owner", "anna", "Analyst", "Playground", "never", "just now"):
        assert fact in page
    assert ">dev<" not in page


def test_the_list_tells_environments_of_others_from_none(client: Client) -> None:
    """Who owns one environment learns nothing of the other ones."""
    client.force_login(cast.member("somebody", Role.OWNER, "playground"))
    cast.analyst()
    page = text_of(client, "/playground/members/")
    assert "anna" in page and "Production" not in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_new_member_gets_a_link_that_is_shown_once(client: Client, olga: User, headers: dict[str, str]) -> None:
    answer = client.post(NEW, {"username": "tom", "role": "privacy"}, headers=headers)
    link = link_in(answer.content.decode())
    assert Membership.objects.get(user__username="tom").role == "privacy"
    assert link not in text_of(client, LIST)


def test_a_link_sets_a_password_and_logs_in(client: Client, olga: User) -> None:
    link = added(client)
    browser = Client()
    page = browser.get(link, follow=True)
    assert "tom" in page.content.decode()
    place = page.redirect_chain[-1][0]
    assert link not in place  # the token is out of the address before the page is shown
    answer = browser.post(place, {"password1": FRESH, "password2": FRESH}, follow=True)
    assert urlsplit(answer.redirect_chain[-1][0]).path == "/production/"
    assert User.objects.get(username="tom").check_password(FRESH)


def test_a_link_is_good_once(client: Client, olga: User) -> None:
    link = added(client)
    browser = Client()
    place = browser.get(link, follow=True).redirect_chain[-1][0]
    browser.post(place, {"password1": FRESH, "password2": FRESH})
    assert "This link has expired" in Client().get(link).content.decode()


def test_a_link_ends_with_its_time(client: Client, olga: User, settings) -> None:
    link = added(client)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "This link has expired" in Client().get(link).content.decode()


def test_a_link_ends_with_the_log_in(client: Client, olga: User) -> None:
    link = added(client)
    User.objects.filter(username="tom").update(is_active=False)
    assert "This link has expired" in Client().get(link).content.decode()


def test_a_new_link_ends_the_one_before(client: Client, olga: User) -> None:
    first = added(client)
    tom = User.objects.get(username="tom")
    second = link_in(client.post(f"{LIST}{tom.pk}/link/").content.decode())
    assert "This link has expired" in Client().get(first).content.decode()
    assert Client().get(second).status_code == 302


@pytest.mark.parametrize("link", ["/set-password/MQ/x-y/", "/set-password/!!/x-y/", "/set-password/w6Q/x/"])
def test_a_link_that_never_was_is_said_to_be_no_good(client: Client, link: str) -> None:
    assert "This link has expired" in client.get(link).content.decode()


def test_a_weak_password_is_refused_beside_its_field(client: Client, olga: User) -> None:
    browser = Client()
    place = browser.get(added(client), follow=True).redirect_chain[-1][0]
    answer = browser.post(place, {"password1": "password", "password2": "password"})
    assert "field-error" in answer.content.decode()


def test_who_has_a_log_in_is_added_without_a_link(client: Client, olga: User) -> None:
    cast.member("tom", Role.VIEWER, "playground")
    answer = client.post(NEW, {"username": "tom", "role": "analyst"}, follow=True)
    assert "tom is now a member of Production" in answer.content.decode()


@pytest.mark.parametrize("name", ["", "two words", "olga"])
def test_a_name_that_cannot_be_gets_its_sentence(client: Client, olga: User, name: str) -> None:
    page = client.post(NEW, {"username": name, "role": "viewer"}).content.decode()
    assert "field-error" in page and User.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_roles_are_changed_in_one_form(client: Client, olga: User, headers: dict[str, str]) -> None:
    vera = cast.viewer()
    page = text_of(client, f"{LIST}{vera.pk}/", **headers)
    assert 'name="role_production"' in page and 'name="role_playground"' in page
    wanted = {"role_production": "analyst", "role_playground": "owner", "role_development": ""}
    client.post(f"{LIST}{vera.pk}/", wanted, headers=headers)
    rows = Membership.objects.filter(user=vera).values_list("environment__slug", "role")
    assert dict(rows) == {"production": "analyst", "playground": "owner"}
    changes = ActivityEntry.objects.filter(object="member vera")
    assert changes.count() == 3 and changes.values("shared").distinct().count() == 1


def test_a_role_of_ones_own_is_left_alone(client: Client, olga: User) -> None:
    page = client.post(f"{LIST}{olga.pk}/", {"role_production": "viewer"}).content.decode()
    assert "change your own role" in page
    assert Membership.objects.get(user=olga, environment__slug="production").role == "owner"


def test_deactivating_asks_first_and_can_be_taken_back(client: Client, olga: User) -> None:
    vera = cast.viewer()
    address = f"{LIST}{vera.pk}/log-in/"
    assert "logged out everywhere at once" in text_of(client, address)
    client.post(address, {"active": "0"})
    assert not User.objects.get(pk=vera.pk).is_active
    assert "Reactivate vera?" in text_of(client, address, **HTMX)
    client.post(address, {"active": "1"})
    assert User.objects.get(pk=vera.pk).is_active


def test_a_second_press_does_not_take_it_back(client: Client, olga: User) -> None:
    vera = cast.viewer()
    for _ in range(2):
        client.post(f"{LIST}{vera.pk}/log-in/", {"active": "0"})
    assert not User.objects.get(pk=vera.pk).is_active


@pytest.mark.parametrize("what", ["", "link/", "log-in/"])
def test_administrators_and_members_of_elsewhere_are_not_found(client: Client, olga: User, what: str) -> None:
    boss = User.objects.create_superuser("boss")
    dev = cast.member("dev", Role.VIEWER, "development")
    for user in (boss, dev):
        assert client.get(f"{LIST}{user.pk}/{what}").status_code == 404


def test_a_log_in_that_others_own_has_no_buttons(client: Client) -> None:
    client.force_login(cast.member("somebody", Role.OWNER, "playground"))
    vera = cast.viewer()
    page = text_of(client, "/playground/members/")
    assert f"/playground/members/{vera.pk}/" in page
    assert f"/playground/members/{vera.pk}/link/" not in page
    client.post(f"/playground/members/{vera.pk}/log-in/", {"active": "0"})
    assert User.objects.get(pk=vera.pk).is_active


def test_the_list_asks_as_often_for_many_as_for_few(client: Client, olga: User, django_assert_max_num_queries) -> None:
    for number in range(12):
        cast.viewer(f"viewer{number}")
    assert Environment.objects.count() == 3
    client.get("/account/")  # the first page notes that the session is used
    with django_assert_max_num_queries(12):
        client.get(LIST)


@pytest.fixture
def many(olga: User) -> None:
    """olga and 60 viewers, of whom viewer07 is Vera Vogel."""
    for number in range(60):
        cast.viewer(f"viewer{number:02}")
    User.objects.filter(username="viewer07").update(first_name="Vera", last_name="Vogel")


def test_a_long_list_comes_in_pages(client: Client, many: None) -> None:
    first, second = text_of(client, LIST), text_of(client, f"{LIST}?page=2")
    assert "1–50 of 61" in first and "viewer48" in first and "viewer49" not in first
    assert "51–61 of 61" in second and "viewer49" in second and "viewer48" not in second


def test_a_page_alone_is_not_sorted_as_if_it_were_all(client: Client, many: None) -> None:
    assert "data-sort=" not in text_of(client, LIST)
    assert "data-sort=" in text_of(client, f"{LIST}?find=vogel")


@pytest.mark.parametrize("words", ["viewer07", "VOGEL", "vogel vera"])
def test_a_member_is_found_by_any_name(client: Client, many: None, words: str) -> None:
    found = client.get(LIST, {"find": words}).content.decode()
    assert "1 member with" in found and "viewer07" in found and "viewer08" not in found


def test_finding_answers_htmx_with_the_list_alone(client: Client, many: None) -> None:
    found = client.get(LIST, {"find": "nobody"}, headers=HTMX).content.decode()
    assert "<html" not in found and 'No member has "nobody" in the name.' in found


def test_roles_of_a_member_beyond_the_first_page_can_be_changed(client: Client, many: None) -> None:
    last = User.objects.get(username="viewer59")
    client.post(f"{LIST}{last.pk}/", {"role_production": "analyst"})
    assert Membership.objects.get(user=last, environment__slug="production").role == "analyst"
