"""Plan the layout of an index to build: the order of people, and partitions with about the same number of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from interactions.analytics.index.columns import are_placeholders
from interactions.analytics.index.people import Persons, persons
from interactions.analytics.index.records import RowGroups
from interactions.analytics.index.run import LINK, NONE, Pairs

PARTITION: Final = 1_000_000  # events; a partition of nobody's has up to twice as many
BATCH: Final = 500_000  # records


class People(NamedTuple):
    """``persons`` in run order, the ``starts`` of their events with the end of the last, and by pair the index of its
    person (``rank``, int32; NONE for nobody)."""

    persons: Persons
    starts: np.ndarray
    rank: np.ndarray


class Paired(NamedTuple):
    """A piece whose pairs were spilled at ``place``; ``nobodys`` is the number of its records that name nobody."""

    piece: RowGroups
    place: int
    nobodys: int


class BuildBatch(NamedTuple):
    """Pieces that are converted together; ``nobody`` is the partition for their records that name nobody."""

    number: int
    pieces: tuple[Paired, ...]
    nobody: int


class Plan(NamedTuple):
    """The layout of an index.

    ``partition`` (int32) is the partition of each pair, -1 for nobody's. Partitions of people begin at the ranks
    ``cuts``, which end with the number of people; partitions of nobody follow, each in a run of its own.
    ``placeholder`` (bool) is by pair, too.
    """

    people: People
    placeholder: np.ndarray
    cuts: np.ndarray
    partition: np.ndarray
    batches: tuple[BuildBatch, ...]

    @property
    def of_people(self) -> int:
        """The number of partitions of people."""
        return len(self.cuts) - 1

    @property
    def partitions(self) -> int:
        return (self.batches[-1].nobody if self.batches else self.of_people) + 1

    @classmethod
    def of(cls, pairs: Pairs, pieces: Sequence[Paired]) -> Plan:
        """Plan for all pieces of a table and the pairs of their records."""
        people = people_of(pairs)
        cuts = np.searchsorted(people.starts, np.arange(0, people.starts[-1], PARTITION))
        cuts = np.append(np.unique(cuts), len(people.starts) - 1) if len(cuts) else np.zeros(1, np.int64)
        partition = np.searchsorted(cuts, people.rank, "right").astype(np.int32) - 1
        placeholder = are_placeholders(pairs.user, pairs.visitor, pairs.has)
        return cls(people, placeholder, cuts, partition, tuple(_batches(pieces, len(cuts) - 1)))


def people_of(pairs: Pairs) -> People:
    """All people named by ``pairs``."""
    keys, alone = persons(pairs)
    named = np.flatnonzero((pairs.has > 0) & (pairs.has != LINK))
    order = named[np.lexsort((alone[named], keys[named]))]
    keys, alone = keys[order], alone[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (keys[1:] != keys[:-1]) | (alone[1:] != alone[:-1])
    rank = np.full(len(pairs), NONE, np.int32)
    rank[order] = np.cumsum(begins) - 1
    ends = np.append(np.flatnonzero(begins)[1:], len(order))[: np.count_nonzero(begins)] - 1
    starts = np.concatenate(([0], np.cumsum(pairs.records[order])[ends]))
    return People(Persons(keys[begins], alone[begins]), starts, rank)


def _batches(pieces: Sequence[Paired], of_people: int) -> Iterator[BuildBatch]:
    number, held, nobody, of_nobody = 0, list[Paired](), of_people, 0
    for place, paired in enumerate(pieces, start=1):
        held.append(paired)
        if sum(each.piece.rows for each in held) >= BATCH or place == len(pieces):
            yield BuildBatch(number, tuple(held), nobody)
            of_nobody += sum(each.nobodys for each in held)
            if of_nobody >= PARTITION:
                nobody, of_nobody = nobody + 1, 0
            number, held = number + 1, []
