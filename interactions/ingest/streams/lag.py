"""The lag of streams and the state of their partitions, for pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from interactions.models import Stream, StreamKind, StreamPosition


@dataclass(frozen=True, slots=True)
class PartitionState:
    """A partition: its position, its lag, and whether it's being read now."""

    topic: str
    partition: str
    position: str
    behind: int | None
    is_read: bool
    is_ended: bool


@dataclass(frozen=True, slots=True)
class StreamState:
    """A stream's partitions. ``behind`` is the total lag in messages for Kafka, the largest lag in ms for Kinesis, and
    None if unknown."""

    partitions: list[PartitionState]
    behind: int | None

    @property
    def is_read(self) -> bool:
        return any(each.is_read for each in self.partitions)


def state_of(stream: Stream) -> StreamState:
    """The state of a stream, as recorded by its consumers."""
    rows = StreamPosition.objects.filter(
        environment=stream.connection.environment_id,
        kind=stream.kind,
        group=stream.group,
        cluster=stream.cluster,
        topic__in=stream.topics,
    )
    now = timezone.now()
    states = [
        PartitionState(
            row.topic, row.partition, row.position, row.behind, bool(row.until and row.until > now), row.is_ended
        )
        for row in rows
    ]
    states.sort(key=lambda each: (each.topic, len(each.partition), each.partition))
    known = [each.behind for each in states if each.behind is not None and not each.is_ended]
    return StreamState(states, _together(stream.kind, known) if known else None)


def _together(kind: str, behind: Iterable[int]) -> int:
    return sum(behind) if kind == StreamKind.KAFKA else max(behind)
