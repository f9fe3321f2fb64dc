"""Merge runs, to keep their number small and to drop dead events."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from interactions.analytics.index import run_files
from interactions.analytics.index.delta import BIG, live
from interactions.analytics.index.people import Persons
from interactions.analytics.index.rows import LISTS, CopySource, as_run, gathered, joined, nobodys, starts_of, within
from interactions.analytics.index.run import Events, Index, Run
from interactions.analytics.index.spill import Sizes

MOST: Final = 8
"""How many runs may exist, not counting runs of a single person."""
MOST_OF_NOBODY: Final = 4
_GAP: Final = 2  # a run so many times larger than all smaller ones together isn't merged with them
LARGE: Final = 1_000_000
"""A merged run with at least so many events is written in pieces of about this size."""
_DEAD: Final = 3  # a run is rewritten if more than 1 / _DEAD of its events are dead


class _Order(NamedTuple):
    """The live people of several runs in merged order: the index of each one's run, and the range of events in it."""

    people: Persons
    run: np.ndarray
    begins: np.ndarray
    ends: np.ndarray

    def part(self, first: int, last: int) -> _Order:
        """The people in ``[first, last)``."""
        some = slice(first, last)
        people = Persons(self.people.keys[some], self.people.alone[some])
        return _Order(people, self.run[some], self.begins[some], self.ends[some])

    @property
    def starts(self) -> np.ndarray:
        """Where each person's events begin in the merged run."""
        return starts_of(self.ends - self.begins)


def merge(runs: Sequence[Run]) -> Run:
    """Merge the live events of several runs, either all of people or all of nobody. Each person is live in one run."""
    if runs[0].nobody:
        return nobodys(joined(runs))
    order = _ordered(runs)
    return as_run(_events(runs, order), order.people, order.starts)


def merge_into(runs: Sequence[Run], folder: Path) -> Run:
    """Like :func:`merge`, but a large run is written to ``folder`` in pieces instead of being held in memory."""
    if runs[0].nobody or sum(map(live, runs)) < LARGE:
        return merge(runs)
    order, name = _ordered(runs), secrets.token_hex(8)
    begins = np.searchsorted(order.starts[:-1], np.arange(0, order.starts[-1], LARGE))
    cuts = np.unique(np.append(begins, len(order.run)))
    pieces = [order.part(first, last) for first, last in pairwise(cuts.tolist())]
    sizes = [_sizes(runs, piece) for piece in pieces]
    before = [Sizes(*each) for each in np.cumsum([Sizes(*[0] * len(Sizes._fields)), *sizes], axis=0).tolist()]
    with run_files.Draft(folder, name, before[-1]) as draft:
        for piece, begin in zip(pieces, before[:-1], strict=True):
            draft.write(_events(runs, piece), begin)
    run_files.write_people(folder, name, order.people.keys, order.people.alone, order.starts)
    return run_files.read(folder, name, nobody=False)


def wanted(runs: Sequence[Run]) -> list[list[Run]]:
    """Groups of runs to merge now. A group of one is a run with many dead events."""
    crowds = [run for run in runs if not run.nobody and not _is_of_one(run)]
    groups = _similar(crowds, MOST) + _similar([run for run in runs if run.nobody], MOST_OF_NOBODY)
    chosen = {id(run) for group in groups for run in group}
    dying = [run for run in crowds if id(run) not in chosen and (len(run) - live(run)) * _DEAD > len(run)]
    return groups + [[run] for run in dying]


def _similar(runs: Sequence[Run], most: int) -> list[list[Run]]:
    """The smallest runs, up to the first that is much larger than all of these together; nothing if there are only few
    runs."""
    if len(runs) <= most:
        return []
    ordered = sorted(runs, key=live)
    total = live(ordered[0])
    for place, run in enumerate(ordered[1:], start=1):
        if place > 1 and live(run) >= _GAP * total:
            return [ordered[:place]]
        total += live(run)
    return [ordered]


def _is_of_one(run: Run) -> bool:
    return len(run.people) == 1 and len(run) >= BIG


def exchanged(index: Index, old: Sequence[Run], new: Run) -> Index:
    """The index with ``new``, which has the same events, instead of ``old``."""
    gone = {id(run) for run in old}
    return replace(index, runs=(*(run for run in index.runs if id(run) not in gone), new))


def _ordered(runs: Sequence[Run]) -> _Order:
    places = [np.arange(len(run.people)) if run.dead is None else np.flatnonzero(run.dead == 0) for run in runs]
    keys = np.concatenate([run.people[there] for run, there in zip(runs, places, strict=True)])
    alone = np.concatenate([run.alone[there] for run, there in zip(runs, places, strict=True)])
    begins = np.concatenate([run.starts[there] for run, there in zip(runs, places, strict=True)])
    ends = np.concatenate([run.starts[there + 1] for run, there in zip(runs, places, strict=True)])
    numbers = np.repeat(np.arange(len(runs)), [len(there) for there in places])
    order = np.lexsort((alone, keys))
    return _Order(Persons(keys[order], alone[order]), numbers[order], begins[order], ends[order])


def _events(runs: Sequence[Run], order: _Order) -> Events:
    """The events of these people, person by person."""
    sources, starts = [], order.starts
    for number, run in enumerate(runs):
        own = np.flatnonzero(order.run == number)
        if len(own):
            to = within(starts[own], starts[own + 1])
            sources.append(CopySource(run, within(order.begins[own], order.ends[own]), to))
    return gathered(sources)


def _sizes(runs: Sequence[Run], order: _Order) -> Sizes:
    """The sizes of all of these people's events."""
    total = np.zeros(len(Sizes._fields), np.int64)
    for number, run in enumerate(runs):
        begins, ends = (each[order.run == number] for each in (order.begins, order.ends))
        listed = [(starts[ends] - starts[begins]).sum() for starts in (getattr(run, name) for name, _ in LISTS)]
        first, last = np.searchsorted(run.sale_event, begins), np.searchsorted(run.sale_event, ends)
        lines = (run.sale_starts[last] - run.sale_starts[first]).sum()
        total += [(ends - begins).sum(), *listed, (last - first).sum(), lines]
    return Sizes(*total.tolist())
