"""Records at the edges of what is accepted come in by every form of a call, and Live shows what was sent."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape

from interactions.api import deliveries
from interactions.codec import export
from interactions.ingest import live
from interactions.ingest.live import calls
from interactions.ingest.live.calls.add import _away
from interactions.models import Environment, InboxEntry
from tests import cast
from tests.api.conftest import ADDRESS
from tests.ingest.imports.edges import Record, at_the_edges, in_utc, rows, said

Send = Callable[[Client, str, bytes], HttpResponse]
JSON = "application/json"


def _post(address: str = ADDRESS, **headers: str) -> Send:
    """``{key}`` in the address or a header is the key."""

    def send(client: Client, key: str, body: bytes) -> HttpResponse:
        named = {name.replace("_", "-"): text.format(key=key) for name, text in headers.items()}
        packed = gzip.compress(body) if "Content-Encoding" in named else body
        return client.post(address.format(key=quote(key)), packed, content_type=JSON, headers=named)

    return send


LONGEST_TRIAL = 500_000  # characters that the API page's form takes


def _trial(client: Client, _: str, body: bytes) -> HttpResponse:
    return client.post("/production/api/trial/", {"body": body.decode()})


FORMS: dict[str, Send] = {
    "a key in the address": _post(f"{ADDRESS}?api_key={{key}}"),
    "a key in a header": _post(X_API_KEY="{key}"),
    "a bearer token": _post(Authorization="Bearer {key}"),
    "async": _post(f"{ADDRESS}?api_key={{key}}&async=1"),
    "a slash at the end": _post(f"{ADDRESS}/?api_key={{key}}"),
    "gzip": _post(f"{ADDRESS}?api_key={{key}}", Content_Encoding="gzip"),
    "the API page": _trial,
}


@pytest.fixture
def ring(redis_server: str, monkeypatch: pytest.MonkeyPatch, told: list[Any]) -> Iterator[None]:
    """Live is told of each call at once."""
    with redis.Redis.from_url(redis_server) as connection:
        connection.flushdb()
        _away.until = 0.0
        monkeypatch.setattr(deliveries._teller, "tell", lambda delivery: calls.push([delivery]))
        yield
        connection.flushdb()


@pytest.fixture
def owner(client: Client, production: Environment) -> Client:
    client.force_login(cast.owner())
    return client


def body_of(records: list[Record], *, is_ascii: bool) -> bytes:
    return json.dumps({"data": records}, ensure_ascii=is_ascii).encode()


def _few_enough(records: list[Record]) -> list[Record]:
    """As many of the shortest as fit into the API page's form."""
    ordered = sorted(records, key=lambda record: len(json.dumps(record)))
    sizes = accumulate(len(json.dumps(record)) for record in ordered)
    return [record for record, size in zip(ordered, sizes, strict=True) if size < LONGEST_TRIAL]


def test_every_form_of_a_call_brings_them_into_the_table(
    owner: Client, secret: str, production: Environment, redis_server: str, settings: Any, tmp_path: Any
) -> None:
    settings.OVERLAPS_DIR = tmp_path / "overlaps"
    settings.FINGERPRINTS_DIR = tmp_path / "fingerprints"
    sent: list[Record] = []
    for seed, send in enumerate(FORMS.values(), 10):
        records = at_the_edges(seed, 29)
        if send is _trial:
            records = _few_enough(records)
        answer = send(owner, secret, body_of(records, is_ascii=seed % 2 == 0))
        assert answer.status_code == 200, (seed, answer.content)
        sent += records
    assert sum(InboxEntry.objects.values_list("records", flat=True)) == len(sent)
    assert live.append(production) == len(sent)
    assert said(list(export.records(rows()))) == said([in_utc(record) for record in sent])


def test_live_shows_each_of_them_as_it_was_sent(owner: Client, secret: str, ring: None) -> None:
    records = [each for each in at_the_edges(1, 29) if len(json.dumps(each)) < 8_000]
    assert len(records) > 15
    for record in records:
        assert FORMS["a key in a header"](owner, secret, body_of([record], is_ascii=False)).status_code == 200
    page = owner.get("/production/live/").content.decode()
    shown = list(dict.fromkeys(re.findall(r'id="call-(\d+)"', page)))
    assert len(shown) == len(records)
    for number, record in zip(shown, reversed(records), strict=True):
        call = owner.get(f"/production/live/{number}/").content.decode()
        assert escape(json.dumps(record["user_id"], ensure_ascii=False)) in call, record["user_id"]
    found = owner.post("/production/people/filter/", {"id": records[0]["user_id"], "to": "live"})["Location"]
    theirs = sum(record["user_id"] == records[0]["user_id"] for record in records)
    assert owner.get(found).content.decode().count('id="call-') == theirs


def test_live_shows_large_ones_and_refused_ones_with_their_values(owner: Client, secret: str, ring: None) -> None:
    everything = at_the_edges(2, 29)
    send = FORMS["a key in a header"]
    assert send(owner, secret, body_of(everything, is_ascii=False)).status_code == 200
    wrong = [{**record, "timestamp": record["user_id"]} for record in everything[:10]]
    assert send(owner, secret, body_of(wrong, is_ascii=False)).status_code == 422
    for call in calls.recent("production"):
        assert owner.get(f"/production/live/{call.id}/").status_code == 200
    assert owner.get("/production/live/problems/?format=csv").status_code == 200
