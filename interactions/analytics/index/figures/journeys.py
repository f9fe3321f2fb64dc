"""Paths: what people do after a start, or before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from interactions.analytics.definitions import QUIET
from interactions.analytics.index.figures.numbers import NumberedValues, names_of
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import journeys
from interactions.analytics.index.run import NONE
from interactions.analytics.index.shares import Share, locked
from interactions.analytics.index.threads import in_threads

_NO_MASK: Final = locked(np.zeros(0, np.uint8))
IN_SESSION: Final = -1
"""In place of a time: up to the end of the session."""


@dataclass(frozen=True, slots=True)
class Journey:
    """Which paths count. ``start`` is the value that they begin with, empty for any; ``steps`` follow it.

    ``within`` is in µs, or IN_SESSION. ``is_back``: they're followed backwards in time, from the last start.
    """

    start: str
    steps: int
    within: int
    is_back: bool
    is_by_session: bool
    is_folded: bool


@dataclass(frozen=True, slots=True, eq=False)
class CountedPaths:
    """``nodes`` are the most frequent values of each step. ``counts`` (int64[(most + 2) ** (steps + 1)]) are paths by
    the places of their steps among the nodes, as digits: ``most`` stands for any other value, ``most + 1`` for none."""

    nodes: tuple[tuple[str, ...], ...]
    counts: np.ndarray


def counted_paths(filtered: FilteredIndex, values: NumberedValues, asked: Journey, most: int) -> CountedPaths:
    """The paths ``asked`` for, each step by its ``most`` frequent values, equally frequent ones by name."""
    traced = _traced(filtered, values, asked)
    several = len(values.names)

    def of_step(step: int) -> np.ndarray:
        found = [np.bincount(rows[:, step] + 1, minlength=several + 1) for rows in traced]
        return summed([np.zeros(several + 1, np.int64), *found])[1:]

    slots, nodes = np.full((asked.steps + 1, several + 1), most, np.uint8), []
    for step, counts in enumerate(in_threads(of_step, range(asked.steps + 1))):
        numbers = _most(counts[::-1] if asked.is_back else counts, most)
        nodes.append(names_of(values, numbers.tolist()))
        slots[step, several - 1 - numbers if asked.is_back else numbers] = np.arange(len(numbers))
    slots[:, -1] = most + 1
    base = most + 2

    def work(rows: np.ndarray) -> np.ndarray:
        counts = np.zeros(base ** (asked.steps + 1), np.int64)
        journeys.tally(rows, slots, base, counts)
        return counts

    nothing = np.zeros(base ** (asked.steps + 1), np.int64)
    return CountedPaths(tuple(nodes), summed([nothing, *in_threads(work, traced)]))


def _traced(filtered: FilteredIndex, values: NumberedValues, asked: Journey) -> list[np.ndarray]:
    """The numbers of each path's steps, int32[paths, steps + 1]. Going back, they count from the last value."""
    several, start = len(values.names), values.place(asked.start) if asked.start else None
    if asked.start and start is None:
        return []
    is_start = np.full(several, start is None, np.uint8)
    if start is not None:
        is_start[several - 1 - start if asked.is_back else start] = 1
    # Lists are unfolded to numbers, which stand for themselves.
    own = np.arange(-1, several, dtype=np.int32)
    shift, numbers = (1, own) if values.starts else (values.shift, values.numbers)
    if asked.is_back:
        numbers = np.where(numbers < 0, NONE, several - 1 - numbers).astype(np.int32)
    given = int(asked.is_back), asked.within, QUIET, int(asked.is_by_session), int(asked.is_folded)

    def walk(found: list[np.ndarray], share: Share) -> None:
        run = share.run
        if run.nobody:
            return
        way = _unfolded(share, values) if values.starts else (*share.whole, run.at, getattr(run, values.column))
        begins, ends, *_ = way
        most = int((ends - begins).sum()) if asked.is_by_session else len(begins)
        rows = np.empty((most, asked.steps + 1), np.int32)
        held = journeys.trace(*way, shift, numbers, is_start, *given, rows)
        found.append(rows[:held].copy())

    return [rows for found in filtered.over(list[np.ndarray], walk) for rows in found]


def _unfolded(share: Share, values: NumberedValues) -> tuple[np.ndarray, ...]:
    """The arguments of a pass over these people's values instead of their events: those that pass, one after the other.

    An event without a value has the number NONE.
    """
    starts, codes = values.codes(share.run)
    several = int((share.ends - share.begins).sum() + (starts[share.ends] - starts[share.begins]).sum())
    begins, ends = np.empty((2, len(share.begins)), np.int64)
    at, numbers = np.empty(several + 1, np.int64), np.empty(several + 1, np.int32)
    last = np.full(len(values.names), NONE, np.int64)
    journeys.unfold(*share.whole, share.run.at, starts, codes, values.numbers, last, begins, ends, at, numbers)
    return locked(begins), locked(ends), _NO_MASK, locked(at), locked(numbers)


def _most(counts: np.ndarray, most: int) -> np.ndarray:
    """The numbers with the highest counts, highest first, lower numbers first among equals."""
    there = np.flatnonzero(counts)
    if len(there) > most:
        least = np.partition(counts[there], len(there) - most)[len(there) - most]
        there = there[counts[there] >= least]
    found: np.ndarray = there[np.lexsort((there, -counts[there]))][:most]
    return found
