"""The people of a run and their events that pass a filter, divided among the cores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from interactions.analytics.index.passes import masks
from interactions.analytics.index.run import Run

_NOBODYS: Final = 1 << 16  # events of nobody that are processed together, like one person's
_NEIGHBOURS: Final = 2  # if a piece has so many events on average, pieces take less memory than event positions
_NO_SPAN: Final = (np.iinfo(np.int64).max, np.iinfo(np.int64).min)


def locked(array: np.ndarray) -> np.ndarray:
    """A read-only view, so that loops are compiled for one kind of array only: those of a run can be mapped."""
    view = array.view()
    view.setflags(write=False)
    return view


NO_FLAGS: Final = locked(np.zeros(0, np.uint8))
"""In place of a mask, or of who is dead: everything passes, nobody is."""
_NO_EVENTS: Final = locked(np.zeros(0, np.int32))


class PartSize(NamedTuple):
    """How many events pass, in how many pieces of consecutive events, and how many people have any."""

    events: int
    pieces: int
    people: int


@dataclass(frozen=True, slots=True, eq=False)
class RunPart:
    """Some people of a run, with or without events that pass; for a run of nobody, periods of time.

    ``given`` are the first arguments of a pass over them: where each person's events begin and end, who is dead (uint8
    per person), and the run's mask; the last two are empty if nobody is dead, and if everything passes. ``before`` is
    the number of events in earlier runs.
    """

    run: Run
    given: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    before: int

    def size(self) -> PartSize:
        """Takes about as long as a pass."""
        found = np.zeros(3, np.int64)
        masks.measure(*self.given, found)
        return PartSize(*found.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """Some people of a run with events that pass the filter. All of their events are in ``[begins, ends)``.

    For a run of nobody, they're periods of time. ``people`` are the first arguments of a pass over the events that
    pass: where each person's begin and end, in ``events`` if that isn't empty. If the events that pass are mostly
    consecutive, ``people`` has pieces of them instead of ``events``: a person can have several, and ``heads`` is 1 for
    the first one. ``before`` is the number of events in earlier runs.
    """

    run: Run
    begins: np.ndarray
    ends: np.ndarray
    mask: np.ndarray
    people: tuple[np.ndarray, np.ndarray, np.ndarray]
    heads: np.ndarray
    before: int
    span: tuple[int, int] = _NO_SPAN

    @property
    def whole(self) -> tuple[Any, ...]:
        """The first arguments of a pass over all events of these people."""
        return self.begins, self.ends, self.mask

    @property
    def first_sale(self) -> int:
        """The first of the run's sales that can belong to these people."""
        return int(np.searchsorted(self.run.sale_event, self.begins[0]))


def parts_of(run: Run, mask: np.ndarray | None, before: int, several: int) -> Iterator[RunPart]:
    """Parts with about the same number of events."""
    starts = run.starts
    if run.nobody:
        starts = locked(np.append(np.arange(0, len(run), _NOBODYS), len(run)).astype(np.int64))
    cuts = [len(run) * place // several for place in range(several + 1)]
    flags = NO_FLAGS if mask is None else locked(mask)
    for first, last in pairwise(np.searchsorted(starts[:-1], cuts).tolist()):
        dead = NO_FLAGS if run.dead is None else run.dead[first:last]
        yield RunPart(run, (starts[first:last], starts[first + 1 : last + 1], dead, flags), before)


def share_of(part: RunPart, size: PartSize) -> Share:
    """The people who have events that pass. ``size`` is the part's."""
    run, (begins, ends, dead, mask), before = part.run, part.given, part.before
    if not len(dead) and not len(mask):
        return Share(run, begins, ends, mask, (begins, ends, _NO_EVENTS), NO_FLAGS, before)
    people, span = np.empty((2, size.people), np.int64), np.array(_NO_SPAN)
    heads, events = NO_FLAGS, _NO_EVENTS
    if not len(mask):
        masks.alive(begins, ends, dead, run.at, people, span)
        froms, tos = people
    elif size.pieces * _NEIGHBOURS <= size.events:
        (froms, tos), heads = np.empty((2, size.pieces), np.int64), np.zeros(size.pieces, np.uint8)
        masks.cut(*part.given, run.at, people, froms, tos, heads, span)
    else:
        places, events = np.zeros(size.people + 1, np.int64), np.empty(size.events + 1, np.int32)
        masks.choose(*part.given, run.at, people, places, events, span)
        froms, tos = places[:-1], places[1:]
    begins, ends = locked(people)
    found = locked(froms), locked(tos), locked(events)
    return Share(run, begins, ends, mask, found, locked(heads), before, (int(span[0]), int(span[1])))
