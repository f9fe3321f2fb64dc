"""A filtered index: it caches what the questions of a page share, and runs passes in several threads."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields, replace
from datetime import tzinfo
from functools import cached_property
from itertools import chain
from typing import Any, Final, TypeVar

import numpy as np

from dojo.cores import cores
from interactions import process_caches
from interactions.analytics.bars import bar_edges
from interactions.analytics.cohorts import CohortDefinition
from interactions.analytics.filters import Filter
from interactions.analytics.index.cohorts import members, only
from interactions.analytics.index.mask import masks_of
from interactions.analytics.index.run import Index, Pairs, Run
from interactions.analytics.index.shares import PartSize, RunPart, Share, locked, parts_of, share_of
from interactions.analytics.index.threads import in_threads
from interactions.analytics.periods import Unit

Found = TypeVar("Found")

_MOST_ANSWERS: Final = 64  # per filter; a page has about twenty questions
_MOST_KEPT: Final = 4  # a page's filter, the same without types, and both for the previous period


class FilteredIndex:
    """An index with a filter. Caches what questions share. Thread-safe."""

    def __init__(self, index: Index, filter: Filter) -> None:
        self.source, self.filter = index, filter
        self._all = _read_only(index)
        self._lock = threading.RLock()
        self._kept: dict[Hashable, Any] = {}
        self._answers: OrderedDict[Hashable, None] = OrderedDict()  # by time of last use

    def once(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """The result of ``make``, cached under ``key``.

        A tuple as the key has parameters of the question, such as a zone or a number of rows. Of such results, the
        _MOST_ANSWERS last used ones are cached.
        """
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            found: Found = self._kept[key]
            if isinstance(key, tuple):
                self._answers[key] = None
                self._answers.move_to_end(key)
                while len(self._answers) > _MOST_ANSWERS:
                    del self._kept[self._answers.popitem(last=False)[0]]
            return found

    def any_of(self, name: str) -> Any:
        """Any cached result with a key that begins with ``name``; None if there is none."""
        with self._lock:
            return next((found for key, found in self._kept.items() if isinstance(key, tuple) and key[0] == name), None)

    @cached_property  # not ``once``: threads read it while the one that waits for them has the lock
    def index(self) -> Index:
        """The index, with read-only arrays. Those who aren't in the filter's cohorts are dead in it."""
        return only(self._all, self.filter.cohorts, self._members)

    @property
    def is_whole(self) -> bool:
        """Whether all events pass."""
        return not self.filter.cohorts and all(mask is None for mask in self.masks)

    @property
    def masks(self) -> list[np.ndarray | None]:
        """The mask of each run; None if all events of the living pass."""
        return self.once("masks", lambda: masks_of(self.index, self.filter, cores(), self._members))

    def _members(self, cohort: CohortDefinition) -> list[np.ndarray]:
        return members(self.source, self._all, cohort)

    @property
    def span(self) -> tuple[int, int] | None:
        """The times of the first and last event that pass, in µs; None if there are none."""
        return self.once("span", self._span)

    def _span(self) -> tuple[int, int] | None:
        if self.is_whole:
            return (self.index.first, self.index.last) if self.index.first <= self.index.last else None
        spans = [share.span for shares in self.shares for share in shares]
        first, last = min((each[0] for each in spans), default=1), max((each[1] for each in spans), default=0)
        return (first, last) if first <= last else None

    @property
    def parts(self) -> list[list[RunPart]]:
        """The parts of each core, one per run."""
        return self.once("parts", self._parts)

    def _parts(self) -> list[list[RunPart]]:
        several, before = cores(), np.cumsum([0, *map(len, self.index.runs)]).tolist()
        of_runs = [
            list(parts_of(run, mask, begin, several))
            for run, mask, begin in zip(self.index.runs, self.masks, before, strict=False)
        ]
        return [[parts[core] for parts in of_runs] for core in range(several)]

    @property
    def size(self) -> tuple[int, int]:
        """The number of events that pass, and of people who have any."""
        counted = [(part.run, size) for part, size in zip(chain(*self.parts), chain(*self._sizes), strict=True)]
        return sum(size.events for _, size in counted), sum(size.people for run, size in counted if not run.nobody)

    @property
    def _sizes(self) -> list[list[PartSize]]:
        return self.once("sizes", lambda: in_threads(lambda parts: [part.size() for part in parts], self.parts))

    @property
    def shares(self) -> list[list[Share]]:
        """The non-empty shares of each core, one per run."""
        return self.once("shares", self._shares)

    def _shares(self) -> list[list[Share]]:
        def of_core(given: tuple[list[RunPart], list[PartSize]]) -> list[Share]:
            shares = [share_of(part, size) for part, size in zip(*given, strict=True)]
            return [share for share in shares if len(share.begins)]

        return in_threads(of_core, zip(self.parts, self._sizes, strict=True))

    def edges(self, unit: Unit, zone: tzinfo) -> np.ndarray:
        """The starts of the period's bars and the end of the last one, in µs; empty if there is nothing to show."""
        return self.once(("edges", unit, zone), lambda: self._edges(unit, zone))

    def _edges(self, unit: Unit, zone: tzinfo) -> np.ndarray:
        is_bounded = self.filter.period.start is not None and self.filter.period.end is not None
        ends = () if is_bounded or self.span is None else self.span
        return bar_edges(np.array(ends, np.int64), self.filter.period, unit, zone)

    def over(self, begin: Callable[[], Found], walk: Callable[[Found, Share], None]) -> list[Found]:
        """Run ``walk`` over all shares in a thread per core. Returns each thread's result, which ``begin`` creates."""
        shares = self.shares  # computed here, because a thread that did it would wait for other threads

        def work(core: int) -> Found:
            found = begin()
            for share in shares[core]:
                walk(found, share)
            return found

        return in_threads(work, range(len(shares)))


def summed(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The sum of one or more arrays of equal shape, written to the first."""
    first = arrays[0]
    for other in arrays[1:]:
        first += other
    return first


_cached: OrderedDict[tuple[int, str], FilteredIndex] = OrderedDict()
_turn = threading.Lock()


def filtered(index: Index, filter: Filter) -> FilteredIndex:
    """The index with a filter. The last few are cached, for all questions of a page."""
    key = (id(index), filter.key)  # what is cached keeps its index alive, so the id is unique
    with _turn:
        for other, kept in list(_cached.items()):
            if kept.source is not index and kept.source.environment == index.environment:
                del _cached[other]
        found = _cached.setdefault(key, FilteredIndex(index, filter))
        _cached.move_to_end(key)
        while len(_cached) > _MOST_KEPT:
            _cached.popitem(last=False)
        return found


def forget() -> None:
    """Empty the cache of filtered indexes."""
    with _turn:
        _cached.clear()


def _read_only(index: Index) -> Index:
    """The index with read-only arrays, like mapped ones, so that loops are compiled for one kind only."""
    runs = tuple(replace(run, **_locked_of(run)) for run in index.runs)
    return replace(index, runs=runs, pairs=replace(index.pairs, **_locked_of(index.pairs)))


def _locked_of(record: Run | Pairs) -> dict[str, Any]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: locked(value) for name, value in values.items() if isinstance(value, np.ndarray)}


def _after_fork() -> None:
    global _turn
    _turn = threading.Lock()  # another thread of the parent may have held it, or a filtered index's lock
    _cached.clear()


os.register_at_fork(after_in_child=_after_fork)
process_caches.register("filtered indexes", forget, lambda: len(_cached))
