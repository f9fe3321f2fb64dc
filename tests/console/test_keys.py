"""The API keys: the list, and making, rotating and revoking one; plain and with htmx."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from interactions.access import keys as using
from interactions.models import ApiKey, Environment
from tests import cast
from tests.pages import HTMX, text_of

pytestmark = pytest.mark.django_db

LIST = "/production/keys/"
NEW = "/production/keys/new/"


@pytest.fixture(autouse=True)
def redis(redis_server: str) -> str:
    """Which remembers the forms that were sent."""
    return redis_server


@pytest.fixture
def keeper(client: Client) -> User:
    """Logged in, and may make and change keys."""
    user = cast.owner("keeper")
    client.force_login(user)
    return user


def made(**values: Any) -> ApiKey:
    given = {"kind": ApiKey.Kind.SECRET, "name": "Shop", **values}
    environment = Environment.objects.get(slug=given.pop("environment", "production"))
    return using.create(environment, **given)[0]


def page_of(name: str, key: ApiKey) -> str:
    return reverse(name, args=[key.environment.slug, key.pk])


def form(client: Client, address: str = NEW, **values: str) -> dict[str, str]:
    """A form as its page gives it out, with ``values`` filled in."""
    once = re.search(r'name="once" value="(\w+)"', text_of(client, address))
    assert once
    return {"once": once[1], "name": "Shop", "kind": "secret", "scopes": "write", **values}


def key_in(page: str) -> str:
    match = re.search(r'id="key-text"[^>]*>(dojo_[sp]k_[\w-]+)<', page)
    assert match, page
    return match[1]


# --- The list ---


def test_an_environment_without_keys_says_what_keys_are(client: Client, keeper: User) -> None:
    page = text_of(client, LIST)
    assert "Production has no API keys yet" in page and NEW in page


def test_the_list_tells_keys_apart_without_showing_them(client: Client, keeper: User) -> None:
    key, text = using.create(
        Environment.objects.get(slug="production"),
        kind=ApiKey.Kind.PUBLISHABLE,
        name="Web shop",
        user=keeper,
        allowed_origins="https://shop.example",
    )
    page = text_of(client, LIST)
    for fact in ("Web shop", "Publishable", f"{key.prefix}…", "https://shop.example", "keeper", "never", "Active"):
        assert fact in page
    assert text not in page and key.digest not in page


def test_the_list_shows_one_environments_keys(client: Client, keeper: User) -> None:
    made(name="here")
    made(name="there", environment="playground")
    page = text_of(client, LIST, **HTMX)
    assert "here" in page and "there" not in page and "<html" not in page


def test_each_state_of_a_key_has_its_word(client: Client, keeper: User) -> None:
    using.revoke(made(name="a"))
    using.rotate(made(name="b"), timedelta(0))
    using.rotate(made(name="c"), timedelta(hours=2))
    states = re.findall(r'data-state="([^"]+)"', text_of(client, LIST))
    assert re.fullmatch(r"Ends in (2 h|1 h 59 min)", states[1])
    assert [states[0], *states[2:]] == ["Active", "Active", "Rotated", "Revoked"]


def test_a_key_leads_to_its_calls(client: Client, keeper: User) -> None:
    assert f"/production/live/?key={made().prefix}" in text_of(client, LIST)


# --- Making one ---


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_new_key_is_shown_and_works(client: Client, keeper: User, headers: dict[str, str]) -> None:
    answer = client.post(NEW, form(client), headers=headers)
    key = using.find(key_in(answer.content.decode()))
    assert key is not None
    found = ApiKey.objects.get()
    assert (found.name, found.kind, found.created_by, found.environment.slug) == (
        "Shop",
        "secret",
        keeper,
        "production",
    )
    assert "no-store" in answer["Cache-Control"]


def test_the_key_is_shown_once(client: Client, keeper: User) -> None:
    text = key_in(client.post(NEW, form(client)).content.decode())
    assert text not in text_of(client, LIST)


def test_a_dialog_brings_the_list_along(client: Client, keeper: User) -> None:
    page = client.post(NEW, form(client), headers=HTMX).content.decode()
    assert 'id="key-list" hx-swap-oob="true"' in page and "<html" not in page


def test_the_same_form_sent_twice_makes_one_key(client: Client, keeper: User) -> None:
    filled = form(client)
    client.post(NEW, filled)
    again = client.post(NEW, filled, follow=True)
    assert again.redirect_chain == [(LIST, 302)]
    assert "This key already exists" in again.content.decode()
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_key_without_a_name_is_not_made(client: Client, keeper: User, headers: dict[str, str]) -> None:
    page = client.post(NEW, form(client, name=" "), headers=headers).content.decode()
    assert "field-error" in page and not ApiKey.objects.exists()


@pytest.mark.parametrize("origin", ["shop.example", "https://shop.example/path", "*", "javascript:alert(1)"])
def test_what_is_no_origin_gets_a_sentence(client: Client, keeper: User, origin: str) -> None:
    page = client.post(NEW, form(client, kind="publishable", allowed_origins=origin)).content.decode()
    assert "isn&#x27;t an origin" in page and not ApiKey.objects.exists()


def test_origins_are_kept_one_a_line(client: Client, keeper: User) -> None:
    client.post(
        NEW, form(client, kind="publishable", allowed_origins="https://a.example/\nhttp://localhost:3000 Null none")
    )
    assert ApiKey.objects.get().allowed_origins == "https://a.example\nhttp://localhost:3000\nnull\nnone"
    page = text_of(client, LIST)
    assert "Sandboxed frames (null)" in page and "Apps without an Origin header" in page


def test_without_redis_a_key_can_be_made(client: Client, keeper: User, settings: Any, tmp_path: Any) -> None:
    backend = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"unix://{tmp_path}/none.sock"}
    settings.CACHES = {"default": backend}
    key_in(client.post(NEW, form(client)).content.decode())


# --- Rotating and revoking ---


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_rotated_key_goes_on_for_its_grace(client: Client, keeper: User, headers: dict[str, str]) -> None:
    old = made()
    address = page_of("key_rotate", old)
    page = client.post(address, form(client, address, grace="3600"), headers=headers).content.decode()
    old.refresh_from_db()
    new = using.find(key_in(page))
    assert new is not None and old.successor is not None and old.is_live
    assert old.ends_at is not None
    assert timedelta(minutes=59) < old.ends_at - timezone.now() <= timedelta(hours=1)
    assert "is accepted until" in page


def test_a_rotation_without_grace_ends_the_old_key(client: Client, keeper: User) -> None:
    old = made()
    address = page_of("key_rotate", old)
    page = client.post(address, form(client, address, grace="0")).content.decode()
    old.refresh_from_db()
    assert not old.is_live and "is refused from now on" in page


def test_a_grace_that_is_not_offered_is_refused(client: Client, keeper: User) -> None:
    old = made()
    address = page_of("key_rotate", old)
    assert "field-error" in client.post(address, form(client, address, grace="99999999")).content.decode()
    assert ApiKey.objects.count() == 1


def test_a_key_is_not_rotated_twice(client: Client, keeper: User) -> None:
    old = made()
    address = page_of("key_rotate", old)
    client.post(address, form(client, address, grace="3600"))
    again = client.post(address, form(client, address, grace="3600"), follow=True).content.decode()
    assert "alert-danger" in again and ApiKey.objects.count() == 2


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_revoking_asks_first(client: Client, keeper: User, headers: dict[str, str]) -> None:
    key = made()
    page = text_of(client, page_of("key_revoke", key), **headers)
    assert "can't undo this" in page and "btn-danger" in page
    key.refresh_from_db()
    assert key.is_live


def test_a_revoked_key_is_refused_at_once(client: Client, keeper: User) -> None:
    key = made()
    answer = client.post(page_of("key_revoke", key), follow=True)
    key.refresh_from_db()
    assert not key.is_live
    assert answer.redirect_chain == [(LIST, 302)] and "Shop was revoked" in answer.content.decode()


def test_a_key_of_another_environment_is_not_found(client: Client, keeper: User) -> None:
    key = made()
    for name in ("key_rotate", "key_revoke"):
        assert client.post(reverse(name, args=["playground", key.pk])).status_code == 404


# --- Scopes and last days ---


def test_scopes_are_chosen_and_shown(client: Client, keeper: User) -> None:
    client.post(NEW, {**form(client), "scopes": ["read", "people"]})
    assert ApiKey.objects.get().scopes == "read people"
    assert "read, people" in text_of(client, LIST)


@pytest.mark.parametrize(
    ("scopes", "says"), [([], "Choose at least one"), (["people"], "has to read"), (["all"], "valid choice")]
)
def test_a_secret_key_needs_scopes_that_make_sense(client: Client, keeper: User, scopes: list[str], says: str) -> None:
    page = client.post(NEW, {**form(client), "scopes": scopes}).content.decode()
    assert says in page and not ApiKey.objects.exists()


def test_a_publishable_key_can_write_whatever_is_ticked(client: Client, keeper: User) -> None:
    client.post(NEW, {**form(client, kind="publishable"), "scopes": ["read", "delete"]})
    assert ApiKey.objects.get().scopes == "write"


def test_a_last_day_is_whole_in_the_environments_zone(client: Client, keeper: User) -> None:
    Environment.objects.filter(slug="production").update(time_zone="America/New_York")
    day = timezone.localdate() + timedelta(days=100)
    client.post(NEW, form(client, expires="day", expires_on=day.isoformat()))
    end = ApiKey.objects.get().expires_at
    assert end is not None
    local = end.astimezone(Environment.objects.get(slug="production").zone)
    assert (local.date(), local.hour) == (day + timedelta(days=1), 0)


@pytest.mark.parametrize("days", ["30", "90", "365"])
def test_a_length_of_life_can_be_chosen(client: Client, keeper: User, days: str) -> None:
    client.post(NEW, form(client, expires=days))
    end = ApiKey.objects.get().expires_at
    assert end is not None and 0 <= (end - timezone.now()).days - int(days) <= 1


@pytest.mark.parametrize("day", ["", "2020-01-01", "9999-12-31", "soon"])
def test_a_last_day_that_cannot_be_is_refused(client: Client, keeper: User, day: str) -> None:
    page = client.post(NEW, form(client, expires="day", expires_on=day)).content.decode()
    assert "field-error" in page and not ApiKey.objects.exists()


def test_a_key_that_expires_soon_is_pointed_out(client: Client, keeper: User) -> None:
    now = timezone.now()
    made(name="soon", expires_at=now + timedelta(days=13, hours=1))
    made(name="later", expires_at=now + timedelta(days=15))
    made(name="gone", expires_at=now - timedelta(days=1))
    page = text_of(client, LIST)
    assert "<strong>soon</strong>" in page.partition('class="card"')[0]
    assert "<strong>later</strong>" not in page.partition('class="card"')[0]
    states = re.findall(r'data-state="([^"]+)"', page)
    assert [states[0], states[2]] == ["Active", "Expired"] and states[1].startswith("Expires in 13 d")
    assert page.count(">Rotate<") == 2


def test_a_key_that_was_rotated_in_time_is_not_pointed_out(client: Client, keeper: User) -> None:
    key = made(name="soon", expires_at=timezone.now() + timedelta(days=3))
    ApiKey.objects.filter(pk=key.pk).update(created_at=timezone.now() - timedelta(days=60))
    using.rotate(key, timedelta(days=7))
    assert "alert-warning" not in text_of(client, LIST)
