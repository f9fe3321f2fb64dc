"""Walks along what people did, each a pass over the moments that are asked about: several batches at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from dojo.cores import cores
from interactions.analytics.filters import Filter
from interactions.contract.tombstones import microseconds
from interactions.queries import loops
from interactions.queries.crowds import Crowd
from interactions.queries.journeys import ASSISTED, LIVE, SEARCH, WHATS, Journeys, what_of
from interactions.queries.loops import NOT_ASKED

_NEVER: Final = np.iinfo(np.int64)
_ALL: Final = 256  # as many as a moment's ``what`` may be

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Which moments are asked about, and what they mean: a tag, or NOT_ASKED, for each ``what`` of journeys.

    They are from ``since`` to before ``until``, µs since 1970.
    """

    meanings: np.ndarray
    since: int
    until: int

    @classmethod
    def by(cls, filter: Filter, tags: Mapping[str, int]) -> Asked:
        """What ``filter`` lets through of the types that have ``tags``."""
        meanings = np.full(_ALL, NOT_ASKED, np.int32)
        for name in set(tags) & set(filter.all_types):
            for flags in range(4):
                if filter.is_assisted in (None, flags & ASSISTED > 0) and filter.is_live in (None, flags & LIVE > 0):
                    meanings[what_of(name) | flags] = tags[name]
        return cls(meanings, *_bounds(filter))

    @property
    def is_all(self) -> bool:
        """Whether all moments are asked about, whatever they are of."""
        return (self.since, self.until) == (_NEVER.min, _NEVER.max) and bool((self.meanings[WHATS] != NOT_ASKED).all())

    def beside(self, tags: Mapping[str, int]) -> Asked:
        """With some other types, whatever else the filter says."""
        meanings = self.meanings.copy()
        for name, tag in tags.items():
            meanings[what_of(name) : what_of(name) + 4] = tag
        return Asked(meanings, self.since, self.until)


def _bounds(filter: Filter) -> tuple[int, int]:
    start, end = filter.period.start, filter.period.end
    return (
        microseconds(start) if start else _NEVER.min,
        microseconds(end) if end else _NEVER.max,
    )


def visits(crowd: Crowd, asked: Asked, starts: np.ndarray, quiet: int) -> tuple[np.ndarray, np.ndarray]:
    """How many sessions begin in each bar, and how many people are there; ``starts`` of bars and ``quiet`` in µs."""

    def walk(found: np.ndarray, batch: _Batch) -> None:
        loops.visit(batch.begins, batch.ends, batch.moments, quiet, starts, *found)

    gather = _gatherer_of_all(crowd) if asked.is_all else _gatherer(crowd, asked)
    found = _along(crowd, gather, lambda: np.zeros((2, len(starts)), np.int64), walk)
    sessions, people = np.sum(found, axis=0)
    return sessions, people


def steps(crowd: Crowd, asked: Asked, several: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """How many people reach each step, and for each step how long they took since the one before, in µs.

    The meaning of a moment has the bit n where it takes people to step n.
    """

    def walk(found: list[tuple[np.ndarray, np.ndarray]], batch: _Batch) -> None:
        took, counts = np.empty((several, len(batch.begins)), np.int64), np.zeros(several, np.int64)
        loops.step(batch.begins, batch.ends, batch.moments, batch.tags, took, counts)
        found.append((counts, took))

    walked = [each for found in _along(crowd, _gatherer(crowd, asked), list, walk) for each in found]
    counts = np.zeros(several, np.int64) + sum(counts for counts, _ in walked)
    took = [
        np.concatenate([took[place, : counts[place]] for counts, took in walked] or [np.empty(0, np.int64)])
        for place in range(several)
    ]
    return counts, took


def searches(crowd: Crowd, asked: Sequence[Asked], within: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each of the crowd's words was searched for, and how often that was followed within so many µs.

    ``asked`` is of each piece: searches, and what follows, for which periods end ``within`` later.
    """
    words, codes = crowd.words
    until = [min(each.until, _NEVER.max - within) + within for each in asked]

    def gather(piece: int, rows: np.ndarray, first: int, *room: np.ndarray) -> None:
        journeys, each = crowd.pieces[piece], asked[piece]
        loops.gather_searches(
            *(rows, crowd.persons[piece], first, journeys.starts, journeys.at, journeys.what),
            *(each.meanings, each.since, each.until, *room),
            *(SEARCH, journeys.word_starts, codes[piece], until[piece]),
        )

    def walk(found: np.ndarray, batch: _Batch) -> None:
        loops.follow(batch.begins, batch.ends, batch.moments, batch.tags, within, *found)

    counts, followed = np.sum(_along(crowd, gather, lambda: np.zeros((2, len(words)), np.int64), walk), axis=0)
    for place, (journeys, each) in enumerate(zip(crowd.pieces, asked, strict=True)):
        loops.count_searches(
            *(crowd.rows_of_nobody(place), journeys.starts, journeys.at, journeys.what),
            *(each.meanings, each.since, each.until, SEARCH, journeys.word_starts, codes[place], counts),
        )
    return counts, followed


def counted(crowd: Crowd, asked: Asked) -> tuple[int, int, int]:
    """How many user ids, anonymous ids and people occur."""
    users, visitors = np.zeros(crowd.several_users, bool), np.zeros(crowd.several_visitors, bool)
    persons = np.zeros(crowd.people, bool)

    def mark(piece: int) -> None:
        journeys = crowd.pieces[piece]
        present = np.zeros(len(journeys), bool)
        loops.mark_present(
            journeys.starts, journeys.at, journeys.what, asked.meanings, asked.since, asked.until, present
        )
        for marks, codes in (
            (users, crowd.user_codes[piece]),
            (visitors, crowd.visitor_codes[piece]),
            (persons, crowd.persons[piece]),
        ):
            marks[codes[present & (codes >= 0)]] = True

    with ThreadPoolExecutor(_cores()) as pool:
        list(pool.map(mark, range(len(crowd.pieces))))
    return int(users.sum()), int(visitors.sum()), int(persons.sum())


def spans(pieces: Iterable[tuple[Journeys, np.ndarray]], asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last moment of each ``what`` of journeys, in µs; of none the first is later than the last.

    With each piece come the places (int32) of those of its journeys that are asked about.
    """
    first, last = np.full(_ALL, _NEVER.max), np.full(_ALL, _NEVER.min)
    for journeys, rows in pieces:
        loops.span(rows, journeys.starts, journeys.at, journeys.what, asked.since, asked.until, first, last)
    return first, last


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """What some persons did: those of person n are ``moments`` and ``tags`` from ``begins[n]`` to ``ends[n]``."""

    begins: np.ndarray
    ends: np.ndarray
    moments: np.ndarray
    tags: np.ndarray


def _gatherer(crowd: Crowd, asked: Asked) -> Callable[..., None]:
    def gather(piece: int, rows: np.ndarray, first: int, *room: np.ndarray) -> None:
        journeys = crowd.pieces[piece]
        loops.gather(
            *(rows, crowd.persons[piece], first, journeys.starts, journeys.at, journeys.what),
            *(asked.meanings, asked.since, asked.until, *room),
        )

    return gather


def _gatherer_of_all(crowd: Crowd) -> Callable[..., None]:
    """Of all moments; they have no tags."""

    def gather(piece: int, rows: np.ndarray, first: int, *room: np.ndarray) -> None:
        journeys = crowd.pieces[piece]
        begins, ends, moments, _tags, mixed = room
        loops.gather_all(rows, crowd.persons[piece], first, journeys.starts, journeys.at, begins, ends, moments, mixed)

    return gather


def _along(
    crowd: Crowd,
    gather: Callable[..., None],
    begin: Callable[[], Found],
    walk: Callable[[Found, _Batch], None],
) -> list[Found]:
    """What each of several threads has found, of those batches of the crowd that fell to it."""

    def work(batches: Sequence[int]) -> Found:
        found, room = begin(), _Room(crowd, gather)
        for number in batches:
            walk(found, room.batch(number))
        return found

    cores = max(1, min(_cores(), crowd.batches))
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(work, [range(core, crowd.batches, cores) for core in range(cores)]))


class _Room:
    """Where one thread puts the moments of a batch together, again and again."""

    def __init__(self, crowd: Crowd, gather: Callable[..., None]) -> None:
        self._crowd, self._gather = crowd, gather
        self._columns: tuple[np.ndarray, ...] = ()

    def batch(self, number: int) -> _Batch:
        crowd, first = self._crowd, int(self._crowd.first[number])
        rows = {piece: crowd.rows_of(piece, number) for piece in crowd.pieces_with(number)}
        sizes = np.zeros(int(crowd.first[number + 1]) - first + 1, np.int64)
        for piece, those in rows.items():
            loops.measure(those, crowd.persons[piece], first, crowd.pieces[piece].starts, sizes[1:])
        begins = np.cumsum(sizes)
        moments, tags, *more = self._columns_of(int(begins[-1]))
        begins = begins[:-1]
        ends, mixed = begins.copy(), np.zeros(len(begins), bool)
        for piece, those in rows.items():
            self._gather(piece, those, first, begins, ends, moments, tags, mixed)
        loops.put_in_order(mixed, begins, ends, moments, tags, *more)
        return _Batch(begins, ends, moments, tags)

    def _columns_of(self, size: int) -> tuple[np.ndarray, ...]:
        if not self._columns or len(self._columns[0]) < size:
            forms = (np.int64, np.int32, np.int64, np.int32)
            self._columns = tuple(np.empty(size + size // 8, form) for form in forms)
        return self._columns


def _cores() -> int:
    return cores()
