"""What the Live page is told of a call."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from interactions.access import keys
from interactions.api import deliveries
from interactions.ingest.live import calls
from interactions.ingest.live.calls.body import BODY_BYTES, kept_of
from interactions.models import ApiKey, Environment
from tests.api.conftest import ADDRESS


def test_a_call_is_told_with_its_client_its_key_and_its_answer(
    post: Callable[..., HttpResponse], told: list[Any]
) -> None:
    post({"data": [{"type": "like"}, {}]}, headers={"User-Agent": "miso-sdk-python/1.1"})
    (delivery,) = told
    assert (delivery.environment, delivery.key_name, delivery.client) == ("production", "Pipeline", "miso-sdk-python")
    assert (delivery.status, delivery.records, len(delivery.lines)) == (422, 2, 1)
    assert delivery.body.startswith(b'{"data"')


def test_of_a_large_call_its_beginning_is_told_and_how_large_it_was(
    post: Callable[..., HttpResponse], told: list[Any]
) -> None:
    records = [{"type": "like", "user_id": f"user {number}"} for number in range(5000)]
    assert post({"data": records}).status_code == 200
    (delivery,) = told
    _, sent = kept_of(delivery)
    assert sent is not None and sent.is_cut
    assert len(delivery.body) == BODY_BYTES < sent.size
    assert 1000 < len(sent.records) < 5000


LIKE = b'{"type":"like","user_id":"ann"}'


@pytest.mark.parametrize("count", [2, 5000])
@pytest.mark.parametrize(
    ("before", "between", "after"),
    [(b'{"data": [', b",", b"]}"), (b"[", b",\n", b"]"), (b"", b"\n", b"\n"), (b"\x1e", b"\n\x1e", b"\n")],
)
def test_the_records_of_a_call_are_told_whatever_its_form(
    post: Callable[..., HttpResponse], told: list[Any], before: bytes, between: bytes, after: bytes, count: int
) -> None:
    assert post(before + between.join([LIKE] * count) + after).status_code == 200
    (delivery,) = told
    head, sent = kept_of(delivery)
    assert sent is not None and set(sent.records) == {LIKE.decode()}
    assert head.types == {"like": len(sent.records)}
    whole = 2 if count == 2 else BODY_BYTES // len(LIKE + between)
    assert whole - 1 <= len(sent.records) <= whole


def test_a_call_is_told_with_why_it_was_refused(post: Callable[..., HttpResponse], told: list[Any]) -> None:
    answer = post(b'{"data":')
    (delivery,) = told
    assert delivery.reason == json.loads(answer.content)["message"]
    assert "it ends too early" in delivery.reason


def send(client: Client, key: str, body: bytes = b'{"data":[{"type":"like","user_id":"ann"}]}') -> int:
    return client.post(f"{ADDRESS}?api_key={key}", body, content_type="application/json").status_code


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_call_without_a_known_key_is_told_without_its_body(
    client: Client, told: list[Any], db: None, key: str
) -> None:
    assert send(client, key) == 401
    (delivery,) = told
    assert (delivery.environment, delivery.status, delivery.body, delivery.size) == (calls.UNKNOWN, 401, b"", 0)


def test_a_call_with_a_key_that_was_revoked_is_told_to_its_environment(
    client: Client, production: Environment, told: list[Any]
) -> None:
    key, text = keys.create(production, kind=ApiKey.Kind.SECRET, name="Old pipeline")
    keys.revoke(key)
    assert send(client, text) == 401
    (delivery,) = told
    assert (delivery.environment, delivery.key_name, delivery.status) == ("production", "Old pipeline", 401)
    assert delivery.body == b""


def test_every_kind_of_refusal_is_told(
    client: Client, secret: str, publishable: str, told: list[Any], settings: Any
) -> None:
    settings.API_BODY_BYTES = 100
    send(client, secret, b"{")
    send(client, secret, b" " * 200)
    client.delete(f"{ADDRESS}?api_key={publishable}", b"{}", content_type="application/json")
    assert [delivery.status for delivery in told] == [400, 413, 403]
    assert all(delivery.environment == "production" and delivery.reason for delivery in told)


def test_refusals_without_end_are_only_counted_so_that_they_push_nothing_out(
    client: Client, secret: str, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_refused", deliveries._Refused())
    for _ in range(30):
        send(client, secret, b"{")
        send(client, "wrong")
    send(client, secret)
    kept = [(delivery.environment, delivery.status) for delivery in told if not delivery.is_only_counted]
    assert kept.count(("production", 400)) == kept.count((calls.UNKNOWN, 401)) == deliveries._MOST_REFUSED
    assert kept[-1] == ("production", 200)
    assert len(told) == 61
