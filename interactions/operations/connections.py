"""Metrics of connections: what arrived, how far streams and pulls are behind, and which of them fail.

Labels have a connection's number and tool, but not its name, which can contain anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Final

from django.db.models import Max, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from interactions.ingest.pulls import days
from interactions.ingest.streams.lag import StreamState, state_of
from interactions.models import Connection, Pull, PulledDay, Stream, StreamKind

_LABELS: Final = ["environment", "connection", "source"]
_OUTCOMES: Final = ("interactions", "skipped", "refused")

_Labels = list[str]


def connection_metrics() -> Iterator[Metric]:
    """The metrics of all connections. Raises DatabaseError."""
    yield _events()
    yield from _of_streams()
    yield from _of_pulls()


def _labels(connection: Connection) -> _Labels:
    """The labels of a connection. Its source is empty if each event names its tool."""
    return [connection.environment.slug, str(connection.pk), connection.source or "any"]


def _events() -> Metric:
    family = CounterMetricFamily(
        "dojo_connection_events", "Events of other tools, by what became of them", labels=[*_LABELS, "outcome"]
    )
    sums = {outcome: Sum(f"counts__{outcome}", default=0) for outcome in _OUTCOMES}
    for row in Connection.objects.order_by("pk").select_related("environment").annotate(**sums):
        for outcome in _OUTCOMES:
            family.add_metric([*_labels(row), outcome], getattr(row, outcome))
    return family


def _of_streams() -> Iterator[Metric]:
    streams = list(Stream.objects.order_by("pk").select_related("connection__environment"))
    found = [(_labels(each.connection), each, state_of(each)) for each in streams]
    kept = [(labels, stream, state) for labels, stream, state in found if not stream.connection.is_paused]
    yield _gauge(
        "dojo_stream_behind_messages",
        "Messages of Kafka that wait to be read",
        ((labels, _behind(stream, state, StreamKind.KAFKA, 1)) for labels, stream, state in found),
    )
    yield _gauge(
        "dojo_stream_behind_seconds",
        "Age of the oldest record of Kinesis that waits to be read",
        ((labels, _behind(stream, state, StreamKind.KINESIS, 1000)) for labels, stream, state in found),
    )
    yield _gauge(
        "dojo_stream_partitions",
        "Partitions, or shards, that go on",
        ((labels, sum(not part.is_ended for part in state.partitions)) for labels, _, state in found),
    )
    yield _gauge(
        "dojo_stream_partitions_read",
        "Those of them that somebody reads now",
        ((labels, sum(part.is_read and not part.is_ended for part in state.partitions)) for labels, _, state in found),
    )
    yield _gauge(
        "dojo_stream_failing",
        "1 where something keeps a stream from being read; paused ones are left out",
        ((labels, bool(stream.problem)) for labels, stream, _ in kept),
    )


def _behind(stream: Stream, state: StreamState, kind: StreamKind, divisor: int) -> float | None:
    return None if state.behind is None or stream.kind != kind else state.behind / divisor


def _of_pulls() -> Iterator[Metric]:
    now = timezone.now()
    rows = Pull.objects.order_by("pk").select_related("connection__environment")
    pulls = [(_labels(each.connection), each) for each in rows]
    yield _gauge(
        "dojo_pull_behind_days",
        "Whole days that are over and weren't pulled yet",
        ((labels, days.behind(each, now)) for labels, each in pulls),
    )
    yield _gauge(
        "dojo_pull_last_day_timestamp_seconds",
        "Start of the last day that was pulled",
        ((labels, _last_day(each)) for labels, each in pulls),
    )
    yield _gauge(
        "dojo_pull_failures",
        "Failures in a row; 0 after a success",
        ((labels, each.failures) for labels, each in pulls),
    )


def _last_day(pull: Pull) -> float | None:
    done = pull.days.exclude(state=PulledDay.State.PULLING)
    last = done.aggregate(last=Max("day"))["last"]
    return None if last is None else datetime.combine(last, time(), UTC).timestamp()


def _gauge(name: str, words: str, values: Iterator[tuple[_Labels, float | None]]) -> Metric:
    """A gauge with a value for each connection; unknown values are left out."""
    family = GaugeMetricFamily(name, words, labels=_LABELS)
    for labels, value in values:
        if value is not None:
            family.add_metric(labels, value)
    return family
