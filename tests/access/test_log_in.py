"""Logging in, and being refused after too many tries."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from dojo.log_ins import rates
from interactions.access import members
from interactions.models import ActivityEntry
from tests import cast

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "correct horse battery", "wrong horse"


@pytest.fixture(autouse=True)
def three_tries(settings, tmp_path: Path) -> None:
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}
    settings.CACHES = {"default": {**settings.CACHES["default"], **memory}}
    settings.ACCOUNT_RATE_LIMITS = rates(of_name=3, of_address=50)
    cache.clear()


@pytest.fixture
def olga() -> User:
    user = cast.owner("olga")
    user.set_password(RIGHT)
    user.save()
    return user


def tried(password: str, times: int = 1, name: str = "olga", address: str = "10.0.0.1") -> str:
    """What the last of so many tries is answered; empty where it got in."""
    for _ in range(times):
        client = Client(REMOTE_ADDR=address)
        answer = client.post(reverse("login"), {"username": name, "password": password})
    return "" if answer.status_code == 302 else answer.content.decode()


def test_after_too_many_failures_the_right_password_is_refused_too(olga: User) -> None:
    assert "is wrong" in tried(WRONG, 2)
    assert "Too many failed attempts. Wait 15 minutes" in tried(WRONG)
    assert "Too many failed attempts." in tried(RIGHT)


def test_another_address_and_another_name_are_not_refused(olga: User) -> None:
    tried(WRONG, 5)
    assert tried(RIGHT, address="10.0.0.2") == ""
    assert "is wrong" in tried(WRONG, name="nobody")


def test_a_log_in_begins_to_count_anew(olga: User) -> None:
    tried(WRONG, 2)
    assert tried(RIGHT) == ""
    assert "is wrong" in tried(WRONG, 2)


def test_a_name_is_not_got_at_by_writing_it_in_another_way(olga: User) -> None:
    tried(WRONG, 2, name="OLGA")
    assert "Too many failed attempts." in tried(WRONG)


def test_djangos_admin_has_no_log_in_of_its_own(admin_user: User) -> None:
    client = Client()
    page = client.post(reverse("admin:login"), {"username": "admin", "password": "password"})
    assert page["Location"].startswith(reverse("login"))
    assert client.get(reverse("admin:index")).status_code == 302


def test_the_log_tells_of_the_refusal_once_and_not_of_each_try_after_it(olga: User) -> None:
    tried(WRONG, 6)
    entries = list(ActivityEntry.objects.filter(action="log_in_failed").order_by("id"))
    assert [entry.details for entry in entries] == [{}, {}, {"refused_for": "15 minutes"}]
    assert {entry.object for entry in entries} == {"log-in of olga"}


def test_an_office_behind_one_address_logs_in_by_passkey_in_the_same_minute() -> None:
    answers = {Client().post(reverse("mfa_login_webauthn"), {"credential": "{}"}).status_code for _ in range(30)}
    assert answers == {302}  # back to the log-in page: the credential is wrong, but nobody is turned away


def test_neither_name_nor_address_stands_in_redis(olga: User) -> None:
    tried(WRONG)
    kept = " ".join(cache._cache)
    assert len(cache._cache) == 2 and kept.count("log-in:") == 2
    assert "olga" not in kept and "10.0.0.1" not in kept


def test_nobody_is_refused_while_redis_is_away(olga: User, settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    assert "is wrong" in tried(WRONG, 4)
    assert tried(RIGHT) == ""


def test_an_address_that_fails_with_many_names_is_refused_with_every_name(olga: User, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = rates(of_name=3, of_address=5)
    for number in range(5):
        tried(WRONG, name=f"somebody {number}")
    assert "Too many failed attempts." in tried(RIGHT)
    assert tried(RIGHT, address="10.0.0.2") == ""


def test_a_log_in_of_its_own_does_not_let_an_address_go_on_trying_others(olga: User, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = rates(of_name=3, of_address=4)
    for number in range(4):
        tried(WRONG, name=f"somebody {number}")
        assert number == 3 or tried(RIGHT) == ""
    assert "Too many failed attempts." in tried(WRONG, name="victim")


def test_the_refusal_of_an_address_is_noted_once(olga: User, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = rates(of_name=3, of_address=3)
    for number in range(6):
        tried(WRONG, name=f"somebody {number}")
    entries = list(ActivityEntry.objects.filter(action="log_in_failed").order_by("id"))
    assert [entry.details for entry in entries] == [{}, {}, {"refused_for": "15 minutes"}]


@pytest.mark.parametrize("is_believed", [False, True])
def test_what_a_proxy_says_of_the_address_counts_only_where_a_setting_says_so(
    olga: User, settings, is_believed: bool
) -> None:
    settings.ACCOUNT_RATE_LIMITS, settings.BEHIND_HTTPS = rates(of_name=3, of_address=3), is_believed
    for number in range(4):
        Client(headers={"X-Forwarded-For": f"10.9.9.{number}"}).post(
            reverse("login"), {"username": f"somebody {number}", "password": WRONG}
        )
    answer = Client(headers={"X-Forwarded-For": "10.9.9.9"}).post(
        reverse("login"), {"username": "olga", "password": RIGHT}
    )
    assert (answer.status_code == 302) == is_believed


def test_zero_is_as_many_as_come(olga: User, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = rates(of_name=0, of_address=0)
    assert "is wrong" in tried(WRONG, 5)
    assert tried(RIGHT) == ""


def test_a_new_link_leads_in_although_the_name_is_refused(olga: User) -> None:
    tried(WRONG, 4)
    link = members.new_link(olga, by=cast.owner("otto"))
    client = Client(REMOTE_ADDR="10.0.0.1")
    form = client.get(reverse("set_password", args=[link.uid, link.token]), follow=True)
    fresh = {"password1": "staple a horse", "password2": "staple a horse"}
    assert client.post(form.redirect_chain[-1][0], fresh).status_code == 302
    assert client.get(reverse("account")).status_code == 200
