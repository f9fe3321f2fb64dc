"""A filtered index: it caches what the questions of a page share, and runs passes in several threads."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import tzinfo
from typing import Any, Final, TypeVar

import numpy as np

from dojo.cores import cores
from interactions import process_caches
from interactions.analytics.bars import bar_edges
from interactions.analytics.filters import Filter
from interactions.analytics.index.mask import masks_of
from interactions.analytics.index.passes import masks
from interactions.analytics.index.run import Index, Pairs, Run
from interactions.analytics.index.threads import in_threads
from interactions.analytics.periods import Unit

Found = TypeVar("Found")

_NOBODYS: Final = 1 << 16  # events of nobody that are processed together, like one person's
_MOST_ANSWERS: Final = 64  # per filter; a page has about twenty questions
_MOST_KEPT: Final = 4  # a page's filter, the same without types, and both for the previous period
_NO_SPAN: Final = (np.iinfo(np.int64).max, np.iinfo(np.int64).min)
_NO_MASK: Final = np.zeros(0, np.uint8)
_NO_EVENTS: Final = np.zeros(0, np.int32)
_NO_HEADS: Final = np.zeros(0, np.uint8)
_NO_DEAD: Final = np.zeros(0, np.uint8)
for _empty in (_NO_MASK, _NO_EVENTS, _NO_HEADS, _NO_DEAD):
    _empty.setflags(write=False)
_NEIGHBOURS: Final = 2  # if a piece has so many events on average, pieces take less memory than event positions


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


class FilteredIndex:
    """An index with a filter. Caches what questions share. Thread-safe."""

    def __init__(self, index: Index, filter: Filter) -> None:
        self.index, self.filter = _read_only(index), filter
        self.source = index
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

    @property
    def masks(self) -> list[np.ndarray | None]:
        """The mask of each run; None if all of its events pass."""
        return self.once("masks", lambda: masks_of(self.index, self.filter, cores()))

    @property
    def span(self) -> tuple[int, int] | None:
        """The times of the first and last event that pass, in µs; None if there are none."""
        return self.once("span", self._span)

    def _span(self) -> tuple[int, int] | None:
        if all(mask is None for mask in self.masks):
            return (self.index.first, self.index.last) if self.index.first <= self.index.last else None
        spans = [share.span for shares in self.shares for share in shares]
        first, last = min((each[0] for each in spans), default=1), max((each[1] for each in spans), default=0)
        return (first, last) if first <= last else None

    @property
    def shares(self) -> list[list[Share]]:
        """The non-empty shares of each core, one per run."""
        return self.once("shares", self._shares)

    def _shares(self) -> list[list[Share]]:
        several, masked = cores(), self.masks
        before = np.cumsum([0, *map(len, self.index.runs)]).tolist()

        def of_core(core: int) -> list[Share]:
            shares = [
                _share(run, mask, begin, core, several)
                for run, mask, begin in zip(self.index.runs, masked, before, strict=False)
            ]
            return [share for share in shares if len(share.begins)]

        return in_threads(of_core, range(several))

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


def _share(run: Run, mask: np.ndarray | None, before: int, core: int, several: int) -> Share:
    """One of several shares with about the same number of events."""
    starts = _starts(run)
    edges = [len(run) * core // several, len(run) * (core + 1) // several]
    first, last = np.searchsorted(starts[:-1], edges).tolist()
    if mask is None and run.dead is None:
        begins, ends = starts[first:last], starts[first + 1 : last + 1]
        return Share(run, begins, ends, _NO_MASK, (begins, ends, _NO_EVENTS), _NO_HEADS, before)
    people, span = np.empty((2, last - first), np.int64), np.array(_NO_SPAN)
    masked = _NO_MASK if mask is None else _locked(mask)
    given = starts, first, last, _NO_DEAD if run.dead is None else run.dead, masked
    sizes = np.zeros(2, np.int64)
    if mask is not None:
        masks.measure(*given, sizes)
    through, pieces = sizes.tolist()
    heads, events = _NO_HEADS, _NO_EVENTS
    if 0 < pieces * _NEIGHBOURS <= through:
        froms, tos, heads = np.empty(pieces, np.int64), np.empty(pieces, np.int64), np.zeros(pieces, np.uint8)
        count = masks.cut(*given, run.at, people, froms, tos, heads, span)
    else:
        places, events = np.zeros(last - first + 1, np.int64), np.empty(through + 1, np.int32)
        count = masks.choose(*given, run.at, people, places, events, span)
        froms, tos = (places[:count], places[1 : count + 1]) if mask is not None else people[:, :count]
    found = _locked(froms), _locked(tos), _locked(events) if mask is not None else _NO_EVENTS
    begins, ends = _locked(people[:, :count])
    return Share(run, begins, ends, masked, found, _locked(heads), before, (int(span[0]), int(span[1])))


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


def _starts(run: Run) -> np.ndarray:
    if not run.nobody:
        return run.starts
    return _locked(np.append(np.arange(0, len(run), _NOBODYS), len(run)).astype(np.int64))


def _read_only(index: Index) -> Index:
    """The index with read-only arrays, like mapped ones, so that loops are compiled for one kind only."""
    runs = tuple(replace(run, **_locked_of(run)) for run in index.runs)
    return replace(index, runs=runs, pairs=replace(index.pairs, **_locked_of(index.pairs)))


def _locked_of(record: Run | Pairs) -> dict[str, Any]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: _locked(value) for name, value in values.items() if isinstance(value, np.ndarray)}


def _locked(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.setflags(write=False)
    return view


def _after_fork() -> None:
    global _turn
    _turn = threading.Lock()  # another thread of the parent may have held it, or a filtered index's lock
    _cached.clear()


os.register_at_fork(after_in_child=_after_fork)
process_caches.register("filtered indexes", forget, lambda: len(_cached))
