"""What a stream brings is on the Live page, and never pushes everybody else's calls off it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.test import Client
from django.utils import timezone

from interactions.connectors import Options
from interactions.ingest.live import calls
from interactions.ingest.live.calls import Delivery
from interactions.ingest.live.calls.add import _away
from interactions.ingest.streams import change, deliveries
from interactions.ingest.streams.change import Description
from interactions.ingest.streams.deliveries import Deliveries
from interactions.ingest.streams.payloads import Payloads
from interactions.ingest.streams.reader import Key, Slice
from interactions.models import Connection, Environment
from tests import cast
from tests.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_ring(redis_server: str) -> Iterator[None]:
    with redis.Redis.from_url(redis_server) as ring:
        ring.flushdb()
        _away.until = 0.0
        yield
        ring.flushdb()


BAD = b'{"type":"like","rating":5,"user_id":"bad"}'


@pytest.fixture
def connection() -> Connection:
    here = Environment.objects.get(slug="production")
    return change.create(here, Description("kafka", ("shop",), servers="kafka:9092"), name="Shop events")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(deliveries.time, "monotonic", lambda: now[0])
    return now


def bring(told: Deliveries, *values: bytes | None, topic: str = "shop") -> None:
    messages = Slice(Key(topic, "0"), list(values), list(range(len(values))))
    arrived = Payloads("", "{} {} {}", lambda _: Options()).read([messages])
    told.add(timezone.now(), [messages], arrived, 0.25)


def like(user: str) -> bytes:
    return json.dumps({"type": "like", "user_id": user}).encode()


def test_many_batches_are_few_rows(connection: Connection, clock: list[float]) -> None:
    rows: list[Delivery] = []
    told = Deliveries(connection, "Kafka", rows.extend)
    for _ in range(50):
        bring(told, like("ann"), like("bob"))
    assert [row.records for row in rows] == [2]  # the first is told at once
    clock[0] += 2
    bring(told, like("eve"), None, topic="other")
    assert [(row.records, row.path, row.reason) for row in rows[1:]] == [
        (99, "shop, other", "100 messages read, 1 skipped."),
    ]
    assert rows[1].body == b'{"data":[' + like("eve") + b"]}"


def test_what_came_last_is_told_without_records_when_nothing_more_comes(
    connection: Connection, clock: list[float]
) -> None:
    rows: list[Delivery] = []
    told = Deliveries(connection, "Kafka", rows.extend)
    bring(told, like("ann"))
    bring(told, like("bob"))
    told.tell(timezone.now())
    assert len(rows) == 1
    clock[0] += 2
    told.tell(timezone.now())
    told.tell(timezone.now(), is_last=True)
    assert [(row.records, row.body) for row in rows[1:]] == [(1, b"")]


def test_problems_stay_with_the_records_that_they_are_of(connection: Connection, clock: list[float]) -> None:
    rows: list[Delivery] = []
    told = Deliveries(connection, "Kafka", rows.extend)
    bring(told, like("first"))
    bring(told, BAD, like("ann"))
    clock[0] += 2
    bring(told, like("bob"), BAD)
    places = [line.partition(" ")[0] for line in rows[1].lines]
    assert places == ["data.2.rating", "data.1.rating"]  # the first of them is of a record that isn't shown


def test_the_live_page_shows_streams_with_topic_and_count(client: Client, connection: Connection) -> None:
    told = Deliveries(connection, "Kafka", calls.push)
    bring(told, like("ann"), like("bob"), BAD, b"\xff")
    client.force_login(cast.owner())
    page = text_of(client, "/production/live/")
    for said in ("Kafka", "Shop events", "shop", "read", "1 problem"):
        assert said in page
    (row,) = calls.recent("production")
    assert (row.records, row.types, row.problems, row.is_of_stream) == (2, {"like": 3}, 1, True)
    opened = text_of(client, f"/production/live/{row.id}/")
    assert "4 messages read, 2 refused." in opened and "like has no such field" in opened
    assert "/v1/interactions" in opened  # as a curl command


def test_a_person_is_erased_from_what_is_shown_of_a_stream(connection: Connection) -> None:
    told = Deliveries(connection, "Kafka", calls.push)
    bring(told, like("ann"), like("bob"))
    calls.erase_users("production", {"ann"})
    (row,) = calls.recent("production")
    call: Any = calls.get("production", row.id)
    assert call.sent.records == [None, like("bob").decode()]


def test_nobody_who_calls_can_pass_for_a_stream() -> None:
    assert " " in calls.READ
