"""What /metrics says of streams, pulls and the events of other tools."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from interactions.models import Connection, Environment, EventCount, Pull, PulledDay, Stream, StreamPosition
from interactions.operations.connections import connection_metrics

pytestmark = pytest.mark.django_db


def connection(name: str, source: str = "segment") -> Connection:
    here = Environment.objects.get(slug="production")
    return Connection.objects.create(environment=here, source=source, name=name, digest=name)


def kafka(group: str = "dojo", **more: Any) -> Stream:
    row = Stream.objects.create(
        connection=connection(f"kafka {group}"), kind="kafka", group=group, topics=["clicks"], **more
    )
    for partition, (behind, until) in enumerate(((40, 30), (2, -30))):
        position(row, str(partition), behind=behind, until=timezone.now() + timedelta(seconds=until))
    return row


def kinesis() -> Stream:
    row = Stream.objects.create(connection=connection("kinesis"), kind="kinesis", group="other", topics=["shards"])
    position(row, "a", behind=5_000)
    position(row, "b", behind=1_500)
    position(row, "c", behind=90_000, is_ended=True)
    return row


def position(stream: Stream, partition: str, **more: Any) -> None:
    StreamPosition.objects.create(
        environment=stream.connection.environment,
        kind=stream.kind,
        group=stream.group,
        topic=stream.topics[0],
        partition=partition,
        **more,
    )


def pull(since: date, **more: Any) -> Pull:
    return Pull.objects.create(connection=connection("pull", "mixpanel"), region="eu", since=since, **more)


def pulled(row: Pull, day: date, state: PulledDay.State = PulledDay.State.IMPORTED) -> None:
    start = timezone.now().replace(year=day.year, month=day.month, day=day.day)
    PulledDay.objects.create(pull=row, day=day, start=start, end=start + timedelta(days=1), state=state)


def streams_and_pulls() -> None:
    """One of each, with all that there can be to say of it."""
    kafka()
    kinesis()
    row = pull(date(2024, 3, 1))
    pulled(row, date(2024, 3, 1))


def said() -> dict[str, dict[tuple[str, ...], float]]:
    """Values by metric and labels, without the environment's."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in connection_metrics():
        for sample in family.samples:
            labels = tuple(value for name, value in sample.labels.items() if name != "environment")
            assert sample.labels["environment"] == "production"
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_a_stream_says_how_far_it_is_behind_and_what_nobody_reads() -> None:
    one, other = kafka(), kinesis()
    found, (kept, shards) = said(), (str(one.pk), str(other.pk))
    assert found["dojo_stream_behind_messages"] == {(kept, "segment"): 42}
    assert found["dojo_stream_behind_seconds"] == {(shards, "segment"): 5}
    assert found["dojo_stream_partitions"] == {(kept, "segment"): 2, (shards, "segment"): 2}
    assert found["dojo_stream_partitions_read"] == {(kept, "segment"): 1, (shards, "segment"): 0}


def test_a_stream_that_fails_is_said_so_unless_it_is_paused() -> None:
    failing, paused = (kafka(group, problem="No broker answers.") for group in ("one", "other"))
    Connection.objects.filter(pk=paused.pk).update(is_paused=True)
    assert said()["dojo_stream_failing"] == {(str(failing.pk), "segment"): 1}


def test_a_pull_says_how_many_days_wait_and_which_was_the_last() -> None:
    today = timezone.now().date()
    row = pull(today - timedelta(days=12), failures=3)
    pulled(row, today - timedelta(days=12))
    pulled(row, today - timedelta(days=11), PulledDay.State.EMPTY)
    pulled(row, today - timedelta(days=10), PulledDay.State.PULLING)
    found, labels = said(), (str(row.connection_id), "mixpanel")
    # Of the nine days after that, the last may not have settled yet.
    assert found["dojo_pull_behind_days"][labels] in (9, 10)
    last = found["dojo_pull_last_day_timestamp_seconds"][labels]
    assert datetime.fromtimestamp(last, UTC).date() == today - timedelta(days=11)
    assert found["dojo_pull_failures"][labels] == 3


def test_a_pull_that_never_succeeded_has_no_last_day() -> None:
    pull(timezone.now().date())
    assert "dojo_pull_last_day_timestamp_seconds" not in said()


def test_events_are_counted_by_what_became_of_them_without_their_names() -> None:
    row = connection("Ann's shop", "")
    for name in ("Order Completed", "ann@example.com"):
        EventCount.objects.create(
            connection=row, name=name, interactions=5, skipped=2, refused=1, last_at=timezone.now()
        )
    found = said()["dojo_connection_events_total"]
    assert found == {(str(row.pk), "any", outcome): 2 * count for outcome, count in
                     (("interactions", 5), ("skipped", 2), ("refused", 1))}  # fmt: skip


def test_no_connection_is_called_by_its_name(client: Client, redis_server: str, settings: Any, tmp_path: Any) -> None:
    settings.LAKE_DIR = settings.INDEX_DIR = settings.SCRATCH_DIR = tmp_path
    streams_and_pulls()
    text = client.get("/metrics", HTTP_HOST="127.0.0.1").content.decode()
    assert "dojo_stream_behind_messages" in {each.name for each in text_string_to_metric_families(text)}
    assert "clicks" not in text and "kafka dojo" not in text


def test_without_any_connection_nothing_is_said() -> None:
    assert all(not family.samples for family in connection_metrics())
