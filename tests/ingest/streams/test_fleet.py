"""The streams of the Connections page are read by a process of their own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.core.management import call_command

from interactions.ingest.connections import change as connections
from interactions.ingest.streams import change
from interactions.ingest.streams import consumer as consumer_module
from interactions.ingest.streams.change import Description, StreamRefused
from interactions.ingest.streams.fleet import Fleet
from interactions.ingest.streams.lag import state_of
from interactions.models import Connection, Environment, StreamPosition
from tests.ingest.streams.brokers import Cluster, like
from tests.ingest.streams.house import kafka_stream, users
from tests.processes import wait_for


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setattr(consumer_module, "_LOOK_SECONDS", 0.1)
    fleet = Fleet()
    yield fleet
    fleet.stop()


def test_streams_are_read_paused_resumed_and_removed(
    kafka: Cluster, topic: str, production: Environment, fleet: Fleet
) -> None:
    connection = kafka_stream(production, kafka.servers, topic)
    kafka.send(topic, [like("added")] * 4)
    fleet.look()
    wait_for(lambda: users() == {"added": 4})
    connections.pause(connection)
    fleet.look()
    wait_for(lambda: not StreamPosition.objects.exclude(holder="").exists())
    kafka.send(topic, [like("resumed")] * 4)
    connections.resume(connection)

    def look() -> bool:
        fleet.look()
        return users() == {"added": 4, "resumed": 4}

    wait_for(look)
    connections.remove(connection)
    fleet.look()
    wait_for(lambda: not StreamPosition.objects.exclude(holder="").exists())
    assert Connection.objects.count() == 0
    assert StreamPosition.objects.count() == 4  # it goes on there if it's added again


def test_how_far_behind_a_stream_is(kafka: Cluster, topic: str, production: Environment, fleet: Fleet) -> None:
    connection = kafka_stream(production, kafka.servers, topic)
    assert (state_of(connection.stream).behind, state_of(connection.stream).is_read) == (None, False)
    kafka.send(topic, [like("ann")] * 4)
    fleet.look()

    def state() -> tuple[int | None, bool, int]:
        found = Connection.objects.get().stream
        now = state_of(found)
        return now.behind, now.is_read, len(now.partitions)

    wait_for(lambda: state() == (0, True, 4))


def test_the_same_stream_is_kept_once_for_each_group(production: Environment) -> None:
    described = Description("kafka", ("shop",), servers="here:9092")
    change.create(production, described)
    with pytest.raises(StreamRefused, match="already reads this with the group dojo"):
        change.create(production, described)
    change.create(production, Description("kafka", ("shop",), servers="here:9092", group="again"))


def test_without_a_stream_the_process_loads_nothing_and_ends_when_told(production: Environment) -> None:
    name = "interactions.ingest.streams.fleet"
    with patch.dict(sys.modules), patch("signal.signal") as handlers:
        sys.modules.pop(name, None)

        def stop() -> None:
            wait_for(lambda: handlers.call_count == 2)
            handlers.call_args.args[1]()

        threading.Thread(target=stop).start()
        with patch("interactions.management.commands.run_streams.close_old_connections"):
            call_command("run_streams")
        assert name not in sys.modules
