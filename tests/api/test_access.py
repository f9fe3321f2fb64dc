"""Keys, origins, limits."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from interactions.access import keys
from interactions.api import limits
from interactions.models import ApiKey, Environment, InboxEntry
from tests.api.conftest import ADDRESS, waiting

BODY = json.dumps({"data": [{"type": "like"}]})


def send(client: Client, address: str = ADDRESS, **headers: str) -> HttpResponse:
    return client.post(address, BODY, content_type="application/json", headers=headers)


def test_a_key_in_the_query(client: Client, secret: str) -> None:
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 200


def test_a_key_in_the_header(client: Client, secret: str) -> None:
    assert send(client, **{"X-API-KEY": secret}).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_key_as_a_bearer_token(client: Client, secret: str, scheme: str) -> None:
    assert send(client, Authorization=f"{scheme} {secret}").status_code == 200
    assert send(client, Authorization=f"Basic {secret}").status_code == 401


@pytest.mark.parametrize("address", [f"{ADDRESS}/", f"http://testserver/{ADDRESS}", f"http://testserver/{ADDRESS}/"])
def test_a_host_given_with_a_slash_at_its_end_changes_nothing(client: Client, secret: str, address: str) -> None:
    assert send(client, f"{address}?api_key={secret}").status_code == 200
    assert waiting() == 1


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("key", ["", "dojo_sk_" + "x" * 40, "\x00", "ключ"])
def test_without_a_known_key_nothing_is_done(client: Client, key: str) -> None:
    answer = client.post(ADDRESS, BODY, content_type="application/json", query_params={"api_key": key})
    assert answer.status_code == 401
    assert list(answer.json()) == ["message"]
    assert waiting() == 0


def test_records_go_to_the_environment_of_the_key(client: Client, secret: str, production: Environment) -> None:
    send(client, f"{ADDRESS}?api_key={secret}")
    assert InboxEntry.objects.get().environment == production


def test_a_revoked_key_is_refused_at_once(client: Client, secret: str) -> None:
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 200
    keys.revoke(ApiKey.objects.get())
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 401


def test_a_rotated_key_lives_as_long_as_its_grace(client: Client, secret: str) -> None:
    old = ApiKey.objects.get()
    _, fresh = keys.rotate(old, timedelta(hours=1))
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 200
    assert send(client, f"{ADDRESS}?api_key={fresh}").status_code == 200
    ApiKey.objects.filter(pk=old.pk).update(ends_at=timezone.now())
    time.sleep(keys.LEASE_SECONDS)
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 401


def test_a_key_that_is_about_to_end_is_not_relied_on_for_longer(
    client: Client, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "LEASE_SECONDS", 60)
    ends_at = timezone.now() + timedelta(seconds=3)
    ApiKey.objects.update(ends_at=ends_at)
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 200
    time.sleep(max(0.0, (ends_at - timezone.now()).total_seconds()) + 0.01)
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 401


def test_a_key_that_was_rotated_without_grace_is_refused_at_once(client: Client, secret: str) -> None:
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 200
    keys.rotate(ApiKey.objects.get(), timedelta(0))
    assert send(client, f"{ADDRESS}?api_key={secret}").status_code == 401


def test_calls_in_a_hurry_do_not_ask_for_the_key_each(
    client: Client, secret: str, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "LEASE_SECONDS", 60)
    send(client, f"{ADDRESS}?api_key={secret}&dry_run=1")
    with django_assert_num_queries(0):
        assert send(client, f"{ADDRESS}?api_key={secret}&dry_run=1").status_code == 200


def test_a_key_is_rotated_once(secret: str) -> None:
    key = ApiKey.objects.get()
    keys.rotate(key, timedelta(hours=1))
    with pytest.raises(keys.KeyEnded):
        keys.rotate(key, timedelta(hours=1))


def test_the_key_itself_is_kept_nowhere(secret: str) -> None:
    kept = ApiKey.objects.values().get()
    assert secret not in str(kept)
    assert secret.startswith(kept["prefix"])


def test_the_last_use_of_a_key_is_noted(client: Client, secret: str) -> None:
    keys._noted.clear()
    send(client, f"{ADDRESS}?api_key={secret}")
    assert ApiKey.objects.get().last_used_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["secret", "publishable"])
def test_the_command_prints_the_key_alone_on_its_last_line(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    call_command("create_api_key", environment="playground", kind=kind)
    found = keys.find(capsys.readouterr().out.splitlines()[-1])
    assert found is not None
    assert (found.environment, found.kind) == ("playground", kind)


def test_a_publishable_key_may_send(client: Client, publishable: str) -> None:
    assert send(client, f"{ADDRESS}?api_key={publishable}").status_code == 200


@pytest.mark.parametrize(("method", "path"), [("delete", ADDRESS), ("post", f"{ADDRESS}/_delete")])
def test_a_publishable_key_may_not_delete(client: Client, publishable: str, method: str, path: str) -> None:
    answer = getattr(client, method)(f"{path}?api_key={publishable}", '{"user_ids": ["ann"]}', "application/json")
    assert answer.status_code == 403
    assert list(answer.json()) == ["message"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://shop.example", 200), ("https://SHOP.example", 200), ("https://evil.example", 403), ("null", 403)],
)
def test_a_key_bound_to_origins_is_refused_from_others(
    client: Client, production: Environment, origin: str, status: int
) -> None:
    _, key = keys.create(
        production,
        kind=ApiKey.Kind.PUBLISHABLE,
        name="Shop",
        allowed_origins="https://shop.example/\nhttps://b.example",
    )
    assert send(client, f"{ADDRESS}?api_key={key}", Origin=origin).status_code == status
    assert send(client, f"{ADDRESS}?api_key={key}").status_code == 403


@pytest.mark.parametrize(
    ("allowed", "null", "absent"),
    [("null", 200, 403), ("none", 403, 200), ("NULL\nnone", 200, 200), ("https://b.example", 403, 403)],
)
def test_a_key_bound_to_origins_can_allow_sandboxed_frames_and_apps_without_an_origin(
    client: Client, production: Environment, allowed: str, null: int, absent: int
) -> None:
    _, key = keys.create(
        production,
        kind=ApiKey.Kind.PUBLISHABLE,
        name="Pixel",
        allowed_origins=f"https://shop.example\n{allowed}",
    )
    address = f"{ADDRESS}?api_key={key}"
    assert send(client, address, Origin="https://shop.example").status_code == 200
    assert send(client, address, Origin="https://evil.example").status_code == 403
    refusals = send(client, address, Origin="null"), send(client, address)
    assert [answer.status_code for answer in refusals] == [null, absent]
    for answer, words in zip(refusals, ("from the origin null.", "without an Origin header."), strict=True):
        assert answer.status_code == 200 or answer.json()["message"].endswith(words)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ADDRESS, f"{ADDRESS}/_delete", "/v1/anything", "/v1", "/v1/"])
def test_preflights_are_answered_everywhere(client: Client, path: str) -> None:
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-api-key",
    }
    answer = client.options(path, headers=headers)
    assert answer.status_code == 200
    assert answer.json()
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Allow-Headers"] == "content-type,x-api-key"
    assert "POST" in answer["Access-Control-Allow-Methods"]


def test_a_page_of_another_site_may_read_every_answer(client: Client, publishable: str) -> None:
    for address in (f"{ADDRESS}?api_key={publishable}", ADDRESS, "/v1/nothing"):
        assert send(client, address, Origin="https://shop.example")["Access-Control-Allow-Origin"] == "*"


def test_cookies_are_neither_read_nor_set(client: Client, secret: str) -> None:
    answer = send(client, f"{ADDRESS}?api_key={secret}")
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_too_many_calls_in_a_minute_are_told_when_to_go_on(
    post: Callable[..., HttpResponse], settings: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_CALLS_PER_MINUTE = 3
    monkeypatch.setattr(limits, "_counter", limits._Counter())
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_000_000.0 + 60 * ApiKey.objects.latest("pk").pk)
    answers = [post({"data": []}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert list(answers[-1].json()) == ["message"]


@pytest.mark.parametrize("limit", [7, 2500])
def test_processes_share_the_limit(redis_server: str, limit: int) -> None:
    """Taken in lots, the calls of all processes together come to the limit and never above."""
    counters = [limits._Counter(), limits._Counter()]
    minute = 500 + limit
    let_through = sum(counters[number % 2].may(-1, minute, limit) for number in range(2 * limit))
    assert let_through == limit


def test_without_redis_calls_are_accepted(post: Callable[..., HttpResponse], settings: Any, monkeypatch: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 1
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    monkeypatch.setattr(limits, "_counter", limits._Counter())
    assert [post({"data": [{"type": "like"}]}).status_code for _ in range(3)] == [200, 200, 200]
