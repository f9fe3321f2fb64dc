"""Leases in the database decide which consumer reads which partition. They're shared evenly, and expire.

A lease's number is a fencing token: it's incremented when a consumer takes the lease, and positions are only written if
it hasn't changed. So a consumer that was believed dead can't write.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from interactions.ingest.live.turns import turn
from interactions.ingest.streams.errors import LeaseLost
from interactions.ingest.streams.reader import Found, Key
from interactions.models import StreamPosition

SECONDS: Final = 10.0  # how long a lease lasts
RENEW_SECONDS: Final = 2.5


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope of leases: consumers with the same scope share its partitions."""

    environment_id: int
    kind: str
    group: str
    cluster: str

    def rows(self) -> QuerySet[StreamPosition]:
        return StreamPosition.objects.filter(
            environment=self.environment_id, kind=self.kind, group=self.group, cluster=self.cluster
        )

    def row(self, key: Key, position: str) -> StreamPosition:
        return StreamPosition(
            environment_id=self.environment_id,
            kind=self.kind,
            group=self.group,
            cluster=self.cluster,
            topic=key.topic,
            partition=key.partition,
            position=position,
        )


@dataclass(slots=True)
class Lease:
    """A lease of this consumer on a partition: its number, and the position in the database."""

    pk: int
    number: int
    position: str


class Leases:
    """The leases of one consumer with the unique name ``holder``."""

    def __init__(self, scope: Scope, holder: str) -> None:
        self._scope = scope
        self._holder = holder
        self.held: dict[Key, Lease] = {}
        self.others = False  # whether another consumer has leases

    def known(self, topics: Collection[str]) -> set[Key]:
        """The partitions of these topics that have a position."""
        rows = self._scope.rows().filter(topic__in=topics)
        return {Key(*each) for each in rows.values_list("topic", "partition")}

    def add(self, positions: Mapping[Key, str]) -> None:
        """Add partitions that don't have a position yet."""
        with turn():
            StreamPosition.objects.bulk_create(
                [self._scope.row(key, position) for key, position in positions.items()], ignore_conflicts=True
            )

    def renew(self, behind: Mapping[Key, int | None]) -> bool:
        """Renew all leases, and record how far ``behind`` each partition is. Returns False if one was lost."""
        until = timezone.now() + timedelta(seconds=SECONDS)
        mine = StreamPosition.objects.filter(holder=self._holder)
        lost = []
        with turn(), transaction.atomic():
            for key, lease in self.held.items():
                same = mine.filter(pk=lease.pk, number=lease.number)
                if not same.update(until=until, behind=behind.get(key)):
                    lost.append(key)
        for key in lost:
            del self.held[key]
        return not lost

    def share(self, found: Sequence[Found]) -> bool:
        """Take free leases, and those of consumers with more than their share. Returns whether any was taken."""
        now = timezone.now()
        rows = {Key(row.topic, row.partition): row for row in self._scope.rows()}
        open_ = [rows[each.key] for each in found if _is_open(each, rows)]
        holders = Counter(row.holder for row in open_ if _is_held(row, now) and row.holder != self._holder)
        self.others = bool(holders)
        share = -(-len(open_) // (len(holders) + 1))
        free = [row for row in open_ if not _is_held(row, now)]
        wanted = share - len(self.held)
        taken = self._take(free, wanted, now) if wanted > 0 else 0
        if wanted > 0 and not free and holders:
            richest, most = max(holders.items(), key=lambda each: each[1])
            theirs = [row for row in open_ if row.holder == richest]
            taken += self._take(theirs, (most - len(self.held)) // 2, now)
        return taken > 0

    def _take(self, rows: Sequence[StreamPosition], most: int, now: datetime) -> int:
        """Take up to ``most`` of these leases, unless another consumer was faster. Returns their number."""
        until = now + timedelta(seconds=SECONDS)
        taken = 0
        for row in random.sample(rows, min(max(0, most), len(rows))):  # to avoid conflicts
            with turn(), transaction.atomic():
                same = StreamPosition.objects.filter(pk=row.pk, number=row.number, is_ended=False)
                if not same.update(holder=self._holder, number=F("number") + 1, until=until):
                    continue
                fresh = StreamPosition.objects.get(pk=row.pk)
            self.held[Key(row.topic, row.partition)] = Lease(row.pk, fresh.number, fresh.position)
            taken += 1
        return taken

    def reload(self) -> None:
        """Reload the leases and positions from the database."""
        now = timezone.now()
        mine = self._scope.rows().filter(holder=self._holder, is_ended=False)
        self.held = {
            Key(row.topic, row.partition): Lease(row.pk, row.number, row.position) for row in mine if _is_held(row, now)
        }

    def write(self, positions: Mapping[Key, str], ended: Iterable[Key]) -> None:
        """Write positions, in the transaction that stores the messages before them. Raises LeaseLost.

        An expired lease that nobody has taken is still valid.
        """
        ended = set(ended)
        for key in sorted(positions):
            lease = self.held.get(key)
            if lease is None:
                raise LeaseLost(f"Topic {key.topic}, partition {key.partition} is read by another consumer now.")
            mine = StreamPosition.objects.filter(pk=lease.pk, number=lease.number)
            if not mine.update(position=positions[key], is_ended=key in ended):
                raise LeaseLost(f"Topic {key.topic}, partition {key.partition} is read by another consumer now.")

    def written(self, positions: Mapping[Key, str], ended: Iterable[Key]) -> None:
        """Record that ``write`` was committed."""
        for key, position in positions.items():
            self.held[key].position = position
        for key in ended:
            self.held.pop(key, None)

    def release(self) -> None:
        """Release all leases."""
        with turn():
            StreamPosition.objects.filter(holder=self._holder).update(holder="", until=None)
        self.held.clear()


def _is_held(row: StreamPosition, now: datetime) -> bool:
    return bool(row.holder) and row.until is not None and row.until > now


def _is_open(found: Found, rows: Mapping[Key, StreamPosition]) -> bool:
    """Whether a partition may be read now: it hasn't ended, and all of its parents have."""
    row = rows.get(found.key)
    before = (rows.get(parent) for parent in found.parents)
    return row is not None and not row.is_ended and all(each is not None and each.is_ended for each in before)
