"""The sessions of a user: listed, and ended one by one or all others."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.access.sign_on import sessions
from interactions.models import ActivityEntry
from tests import cast
from tests.pages import text_of

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    sessions._noted.clear()


def browser_of(user: User, address: str = "203.0.113.77") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": FIREFOX})
    client.force_login(user)
    assert client.get("/account/").status_code == 200
    return client


def test_sessions_are_listed_with_device_network_and_which_is_this_one() -> None:
    user = cast.owner()
    browser_of(user, "198.51.100.9")
    page = text_of(browser_of(user), "/account/")
    assert "Firefox on Linux" in page and "203.0.113.0/24" in page and "198.51.100.0/24" in page
    assert page.count("this one") == 1


def test_no_whole_address_is_kept() -> None:
    client = browser_of(cast.owner())
    UserSession.objects.all().delete()
    user = cast.viewer()
    user.set_password("correct horse battery")
    user.save()
    client = Client(REMOTE_ADDR="2001:db8:1:2::9")
    client.post("/login/", {"username": "vera", "password": "correct horse battery"})
    client.get("/account/")
    assert set(UserSession.objects.values_list("ip", flat=True)) == {"2001:db8:1::"}


def test_one_session_is_ended_and_the_others_stay() -> None:
    user = cast.owner()
    phone, laptop = browser_of(user, "198.51.100.9"), browser_of(user)
    row = UserSession.objects.get(session_key=phone.session.session_key)
    laptop.post("/account/", {"form": "session", "session": str(row.pk)})
    assert phone.get("/account/").status_code == 302 and laptop.get("/account/").status_code == 200
    assert ActivityEntry.objects.filter(action="session_ended", actor="olga").count() == 1


@pytest.mark.parametrize("which", ["own", "of somebody else", "none", "-1", "9" * 30])
def test_nobody_elses_session_is_ended_nor_the_one_in_use(which: str) -> None:
    mine, other = browser_of(cast.owner()), browser_of(cast.viewer())
    keys = {"own": mine, "of somebody else": other}
    row = UserSession.objects.get(session_key=keys[which].session.session_key) if which in keys else None
    mine.post("/account/", {"form": "session", "session": str(row.pk) if row else which})
    assert [client.get("/account/").status_code for client in (mine, other)] == [200, 200]


def test_all_others_are_ended_also_those_that_were_never_listed() -> None:
    user = cast.owner()
    old, mine = browser_of(user), browser_of(user)
    UserSession.objects.filter(session_key=old.session.session_key).delete()  # of before the upgrade
    other = browser_of(cast.viewer())
    assert "logged out everywhere else" in mine.post("/account/", {"form": "sessions"}, follow=True).content.decode()
    assert [client.get("/account/").status_code for client in (old, mine, other)] == [302, 200, 200]


def test_a_log_out_is_by_post_alone() -> None:
    client = browser_of(cast.owner())
    assert client.get(reverse("logout")).status_code == 405
    assert client.get("/account/").status_code == 200


def test_the_use_of_a_session_is_noted_once_in_five_minutes(django_assert_num_queries) -> None:
    client = browser_of(cast.owner())
    before = UserSession.objects.get().last_seen_at
    client.get("/account/")
    assert UserSession.objects.get().last_seen_at == before


def test_a_page_is_shown_although_nothing_can_be_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def full(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(UserSession.objects, "bulk_create", full)
    browser_of(cast.owner())
