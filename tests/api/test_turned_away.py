"""Calls that are refused before anybody looked at their key or their body are told to the Live page as well."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import resolve

from dojo.gateway import Door, Gateway
from interactions.access import keys
from interactions.api import deliveries, entrance
from interactions.ingest.live import calls
from interactions.ingest.live.calls.add import _away
from interactions.models import ApiKey, Environment
from tests import cast
from tests.api.conftest import ADDRESS

LARGEST = 1_000
CUT, REST = {"type": "http.disconnect"}, {"type": "http.request", "body": b" " * LARGEST, "more_body": True}
FIRST = {"type": "http.request", "body": b"{", "more_body": True}


@pytest.fixture(autouse=True)
def _counting_anew(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(deliveries, "_refused", deliveries._Refused())
    settings.BODY_PATIENCE_SECONDS = 1
    resolve(ADDRESS)  # loads all pages, the first time: a thread that did so would outlive its test


def status_of(key: str, *pieces: dict[str, Any], **headers: str) -> int:
    """What the gateway answers to a POST of interactions whose body comes in these ``pieces``, and then no more."""

    def asked(*_: Any) -> None:
        raise AssertionError("Django is not to be asked.")

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop(0)
        await answered.wait()
        return CUT  # the client goes once it has its answer

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            answered.set()

    left, sent, answered = list(pieces), list[dict[str, Any]](), asyncio.Event()
    door = Door("/v1", LARGEST, before_body=entrance.before_body, refused=entrance.turned_away)
    scope = {
        **{"type": "http", "method": "POST", "http_version": "1.1", "scheme": "http", "path": ADDRESS},
        **{"query_string": f"api_key={key}".encode(), "client": ("192.0.2.1", 1), "server": ("localhost", 80)},
        "headers": [(b"host", b"localhost"), *((name.encode(), text.encode()) for name, text in headers.items())],
    }
    # In a thread of its own: that of the tests has the browser's event loop once a browser was started.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, Gateway(asked, [door])(scope, receive, send)).result()
    return int(sent[0]["status"])


CHUNKED = {"transfer-encoding": "chunked"}


@pytest.mark.parametrize(
    ("status", "pieces", "headers", "word"),
    [
        (408, [FIRST], CHUNKED, "too slowly"),
        (413, [FIRST, REST], CHUNKED, "too large"),
        (413, [], {"content-length": "2000"}, "too large"),
        (400, [FIRST, CUT], {"content-length": "100"}, "was cut off"),
    ],
)
def test_a_body_that_never_came_whole_is_told_with_its_key(
    secret: str, told: list[Any], status: int, pieces: list[Any], headers: dict[str, str], word: str
) -> None:
    assert status_of(secret, *pieces, **headers, **{"user-agent": "curl/8"}) == status
    (delivery,) = told
    assert (delivery.environment, delivery.key_name, delivery.client) == ("production", "Pipeline", "curl")
    assert (delivery.status, delivery.body) == (status, b"")
    assert word in delivery.reason


def test_one_with_a_key_that_was_revoked_or_that_nobody_knows_is_told_too(
    production: Environment, told: list[Any]
) -> None:
    key, text = keys.create(production, kind=ApiKey.Kind.SECRET, name="Old pipeline")
    keys.revoke(key)
    for each in (text, "wrong", ""):
        assert status_of(each, FIRST, CUT, **{"content-length": "100"}) == 400
    assert [delivery.environment for delivery in told] == ["production", calls.UNKNOWN, calls.UNKNOWN]


@pytest.mark.parametrize(("method", "path", "status"), [("post", "/v1/interaction", 404), ("put", ADDRESS, 405)])
def test_a_wrong_address_or_method_is_told_with_its_key(
    client: Client, secret: str, told: list[Any], method: str, path: str, status: int
) -> None:
    assert getattr(client, method)(f"{path}?api_key={secret}").status_code == status
    assert getattr(client, method)(path).status_code == status  # who brings no key is no client of the API
    assert [(delivery.environment, delivery.status) for delivery in told] == [("production", status)]


def test_a_query_of_very_many_fields_is_refused_without_a_traceback(
    client: Client, secret: str, told: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post(f"{ADDRESS}?api_key={secret}{'&a=b' * 5_000}", b"{}", content_type="application/json")
    assert (answer.status_code, answer.json()) == (400, {"message": "The query of this address cannot be read."})
    assert [delivery.status for delivery in told] == [400]
    assert not caplog.records


@pytest.fixture
def live(redis_server: str, db: None) -> Iterator[None]:
    with redis.Redis.from_url(redis_server) as connection:
        connection.flushdb()
        _away.until = 0.0
        yield
        connection.flushdb()


def test_live_shows_them_and_the_call_that_was_one_too_many(
    client: Client, secret: str, told: list[Any], live: None, settings: Any
) -> None:
    settings.API_CALLS_PER_MINUTE = 1
    body = b'{"data":[{"type":"like","user_id":"ann"}]}'
    sent = [client.post(f"{ADDRESS}?api_key={secret}", body, content_type="application/json") for _ in range(3)]
    # A minute may end between them.
    assert [answer.status_code for answer in sent].count(429) >= 1
    assert status_of(secret, FIRST, CUT, **{"content-length": "100"}) == 400
    assert status_of("wrong", FIRST, CUT, **{"content-length": "100"}) == 400
    calls.push(told)
    client.force_login(cast.owner())
    assert "calls per minute." in shown(client, "429")
    assert "The body was cut off." in shown(client, "400")
    page = client.get("/production/live/").content.decode()
    assert "<strong>1 call without a valid key</strong>" in page and "400 · The body was cut off." in page


def shown(client: Client, status: str) -> str:
    """The page of the last call that Live lists as refused with this status."""
    page = client.get(f"/production/live/?status={status}").content.decode()
    assert f">{status}</span>" in page
    number = page.partition('id="call-')[2].partition('"')[0]
    return client.get(f"/production/live/{number}/").content.decode()
