"""Topics of Kafka, read from a real broker: each message counts once, and nothing that it holds stops a partition."""

from __future__ import annotations

import json
from typing import Any

import pytest
from confluent_kafka import Consumer as Client
from confluent_kafka import TopicPartition

from interactions.ingest.connections.types import keep_types
from interactions.ingest.streams import consumer as consumer_module
from interactions.ingest.streams import leases
from interactions.models import Connection, Environment, EventCount, InboxEntry, KeptEvent, Stream, StreamPosition
from tests.ingest.streams.brokers import Cluster, like
from tests.ingest.streams.house import kafka_stream, reading, stored, users
from tests.processes import wait_for

SEGMENT = {
    "type": "track",
    "event": "Product Added",
    "messageId": "m-1",
    "userId": "ann",
    "timestamp": "2026-11-02T10:00:00Z",
    "properties": {"product_id": "p1"},
}


def refused(connection: Connection) -> list[KeptEvent]:
    return list(connection.kept_events.filter(outcome="refused").order_by("place"))


def test_messages_of_any_form_are_stored_and_the_rest_is_listed(
    kafka: Cluster, topic: str, production: Environment
) -> None:
    values = [
        like("own"),
        json.dumps([{"type": "like", "user_id": "listed 1"}, {"type": "like", "user_id": "listed 2"}]).encode(),
        json.dumps({"data": [{"type": "like", "user_id": "enveloped"}]}).encode(),
        json.dumps(SEGMENT).encode(),
        b'{"type":"like","user_id":"cut',
        like("wrong", rating=5),
        None,
        b"\xff\xfe",
        json.dumps({**SEGMENT, "event": "Signed Up"}).encode(),
    ]
    kafka.send(topic, values, partitions=1)
    connection = kafka_stream(production, kafka.servers, topic)
    with reading(connection) as consumer:
        wait_for(lambda: consumer.counts.refused >= 3 and consumer.counts.interactions >= 5)
    assert users() == {"own": 1, "listed 1": 1, "listed 2": 1, "enveloped": 1, "ann": 1}
    uuids = [record["context"]["custom_context"]["uuid"] for record in stored() if "context" in record]
    assert uuids == ["segment:m-1"]  # Dojo's own form gets none
    assert (consumer.counts.skipped, consumer.counts.refused) == (2, 3)
    places = [each.place for each in refused(connection)]
    assert places == [f"Topic {topic}, partition 0, offset {offset}" for offset in (4, 5, 7)]
    assert refused(connection)[1].reason == "rating: like has no such field."
    counted = {each.name: (each.interactions, each.refused) for each in EventCount.objects.all()}
    assert counted["like"] == (4, 1)


def test_event_names_stand_for_what_the_environment_says(kafka: Cluster, topic: str, production: Environment) -> None:
    keep_types(production, "segment", {"Signed Up": "subscribe"})
    kafka.send(topic, [json.dumps({**SEGMENT, "event": "Signed Up"}).encode()])
    with reading(kafka_stream(production, kafka.servers, topic)) as consumer:
        wait_for(lambda: consumer.counts.interactions == 1)
    assert stored()[0]["type"] == "subscribe"


def test_another_start_goes_on_where_the_last_one_ended(kafka: Cluster, topic: str, production: Environment) -> None:
    connection = kafka_stream(production, kafka.servers, topic)
    kafka.send(topic, [like(f"first {number}") for number in range(40)])
    with reading(connection) as consumer:
        wait_for(lambda: consumer.counts.interactions == 40)
    kafka.send(topic, [like(f"second {number}") for number in range(40)])
    with reading(connection) as again:
        wait_for(lambda: again.counts.interactions == 40)
    assert sum(users().values()) == len(users()) == 80
    rows = StreamPosition.objects.all()
    assert sorted((row.partition, row.position) for row in rows) == [(str(number), "20") for number in range(4)]
    assert {row.holder for row in rows} == {""}  # others may read at once


def test_positions_are_told_to_the_broker_for_those_who_look_there(
    kafka: Cluster, topic: str, production: Environment
) -> None:
    kafka.send(topic, [like(f"{number}") for number in range(8)])
    with reading(kafka_stream(production, kafka.servers, topic, group="told")) as consumer:
        wait_for(lambda: consumer.counts.interactions == 8)
    client = Client({"bootstrap.servers": kafka.servers, "group.id": "told", "log_level": 2})
    told = client.committed([TopicPartition(topic, number) for number in range(4)], timeout=10)
    client.close()
    assert [each.offset for each in told] == [2, 2, 2, 2]


def test_a_start_with_the_latest_leaves_out_what_was_there(kafka: Cluster, topic: str, production: Environment) -> None:
    kafka.send(topic, [like("before")] * 4)
    with reading(kafka_stream(production, kafka.servers, topic, start="latest")) as consumer:
        wait_for(lambda: StreamPosition.objects.exclude(holder="").count() == 4)
        kafka.send(topic, [like("after")] * 4)
        wait_for(lambda: consumer.counts.interactions == 4)
    assert users() == {"after": 4}


def test_a_lost_lease_takes_what_was_read_with_it(
    kafka: Cluster, topic: str, production: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else took the partition while a batch of it was on its way: the batch is theirs."""
    accept, fenced = consumer_module.accept, []

    def late(*given: Any, **more: Any) -> None:
        if not fenced:
            fenced.append(StreamPosition.objects.update(holder="another", number=99))
        accept(*given, **more)

    monkeypatch.setattr(consumer_module, "accept", late)
    monkeypatch.setattr(leases, "SECONDS", 0.5)
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.2)
    kafka.send(topic, [like(f"{number}") for number in range(40)])
    with reading(kafka_stream(production, kafka.servers, topic)) as consumer:
        wait_for(lambda: consumer.counts.interactions == 40)
    assert fenced == [4]
    assert sum(users().values()) == len(users()) == 40
    assert sum(int(row.position) for row in StreamPosition.objects.all()) == 40


def test_a_full_inbox_holds_reading_up(
    kafka: Cluster, topic: str, production: Environment, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAM_INBOX_RECORDS = 10
    monkeypatch.setattr(consumer_module, "_LOOK_SECONDS", 0.1)
    connection = kafka_stream(production, kafka.servers, topic)
    InboxEntry.objects.create(environment=production, received_at=connection.created_at, records=10, text=b"")
    kafka.send(topic, [like(f"{number}") for number in range(8)])
    with reading(connection) as consumer:
        wait_for(lambda: "inbox is full" in consumer.problem)
        assert consumer.counts.interactions == 0
        InboxEntry.objects.all().delete()
        wait_for(lambda: consumer.counts.interactions == 8 and not consumer.problem)


def test_a_topic_that_does_not_exist_is_named_and_read_once_it_does(
    kafka: Cluster, topic: str, production: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_FIND_SECONDS", 0.3)
    late = f"{topic}-late"
    connection = kafka_stream(production, kafka.servers, topic, late)
    kafka.send(topic, [like("here")] * 4)
    with reading(connection) as consumer:
        wait_for(lambda: consumer.counts.interactions == 4 and late in consumer.problem)
        assert consumer.problem.startswith(f'The topic "{late}" doesn\'t exist on {kafka.servers}')
        kafka.create(late, 2)
        kafka.send(late, [like("late")] * 4, partitions=2)
        wait_for(lambda: consumer.counts.interactions == 8 and not consumer.problem)
    stream = Stream.objects.get(pk=connection.pk)
    assert (stream.problem, late in stream.last_problem) == ("", True)


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    kafka: Cluster, topic: str, production: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its offsets begin again, and it has more partitions."""
    monkeypatch.setattr(consumer_module, "_FIND_SECONDS", 0.3)
    connection = kafka_stream(production, kafka.servers, topic)
    kafka.send(topic, [like(f"before {number}") for number in range(40)])
    with reading(connection) as consumer:
        wait_for(lambda: consumer.counts.interactions == 40)
    kafka.delete(topic)
    kafka.create(topic, 6)
    kafka.send(topic, [like(f"after {number}") for number in range(12)], partitions=6)
    with reading(connection) as again:
        wait_for(lambda: again.counts.interactions == 12, because=lambda: again.problem)
        stream = Stream.objects.filter(pk=connection.pk, last_problem__contains="were deleted before they were read")
        wait_for(stream.exists)
    assert sum(users().values()) == len(users()) == 52


def test_a_broker_that_is_away_is_named_and_waited_for(production: Environment) -> None:
    cluster = Cluster()
    cluster.create("shop")
    cluster.send("shop", [like("before")] * 4)
    connection = kafka_stream(production, cluster.servers, "shop")
    try:
        with reading(connection) as consumer:
            wait_for(lambda: consumer.counts.interactions == 4)
            cluster.go_down()
            wait_for(lambda: "Dojo keeps trying" in Stream.objects.get(pk=connection.pk).problem, seconds=90)
            cluster.come_up()
            cluster.send("shop", [like("after")] * 4)
            wait_for(lambda: consumer.counts.interactions == 8, seconds=60, because=lambda: consumer.problem)
    finally:
        cluster.end()
    assert users() == {"before": 4, "after": 4}


def test_an_event_of_five_megabytes_is_stored_and_a_broken_one_says_why(
    kafka: Cluster, topic: str, production: Environment, settings: Any
) -> None:
    large = like("large", context={"custom_context": {"note": "x" * 5_000_000}})
    connection = kafka_stream(production, kafka.servers, topic)
    kafka.send(topic, [large, large[:-1], like("small")], partitions=3)
    with reading(connection) as consumer:
        wait_for(lambda: consumer.counts.interactions == 2)
    assert users() == {"large": 1, "small": 1}
    (kept,) = refused(connection)
    assert kept.size == len(large) - 1 and kept.is_cut
    assert kept.place == f"Topic {topic}, partition 1, offset 0"
