"""The people of a cohort in an index, as a byte per person. The last cohorts are cached for each index."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np

from dojo.cores import cores
from interactions import process_caches
from interactions.analytics.cohorts import CohortCondition, CohortDefinition, Members
from interactions.analytics.filters import Filter, counted
from interactions.analytics.index.figures.types import marked
from interactions.analytics.index.mask import Find, bounds_of, masks_of
from interactions.analytics.index.passes import cohorts as passes
from interactions.analytics.index.people import VISITOR, distinct
from interactions.analytics.index.run import Index, Run
from interactions.analytics.index.shares import locked
from interactions.analytics.index.threads import in_threads

Flags = list[np.ndarray]
"""For each run a byte per person; for a run of nobody none."""

_MOST_KEPT: Final = 32  # cohorts; a byte per person each
_NO_MASK: Final = np.zeros(0, np.uint8)

_cached: OrderedDict[tuple[int, bytes], tuple[Index, Flags]] = OrderedDict()
_turn = threading.Lock()


def members(source: Index, index: Index, cohort: CohortDefinition) -> Flags:
    """Who is in a cohort: 1 for its people. ``index`` is ``source`` with read-only arrays."""
    key = (id(source), msgspec.json.encode(cohort.key))  # what is cached keeps its index alive, so the id is unique
    with _turn:
        for other, (kept, _) in list(_cached.items()):
            if kept is not source and kept.environment == source.environment:
                del _cached[other]
        if key in _cached:
            _cached.move_to_end(key)
            return _cached[key][1]
    found = _members(index, cohort)
    with _turn:
        _cached[key] = source, found
        while len(_cached) > _MOST_KEPT:
            _cached.popitem(last=False)
    return found


def _members(index: Index, cohort: CohortDefinition) -> Flags:
    found = [_everybody(run) for run in index.runs]
    for rule in cohort.rules:
        records = counted(rule)
        masks = masks_of(index, Filter(conditions=records.conditions), cores())
        asked = (marked(records.all_types), *bounds_of(index, records.period), rule.at_least, int(not rule.is_not))
        for run, mask, flags in zip(index.runs, masks, found, strict=True):
            _keep(run, _NO_MASK if mask is None else mask, asked, flags)
    return found


def _everybody(run: Run) -> np.ndarray:
    there = np.diff(run.starts) > 0
    return (there if run.dead is None else there & (run.dead == 0)).astype(np.uint8)


def _keep(run: Run, mask: np.ndarray, asked: tuple[Any, ...], flags: np.ndarray) -> None:
    in_threads(lambda share: passes.keep(run.starts, *share, mask, run.kind, run.at, *asked, flags), _shares(run))


def only(index: Index, conditions: Sequence[CohortCondition], find: Find) -> Index:
    """The index in which all those are dead who don't meet these conditions: no event of theirs passes any filter."""
    for condition in conditions:
        flags = union([find(each) for each in condition.cohorts])
        runs = [_only(run, found, condition.is_not) for run, found in zip(index.runs, flags, strict=True)]
        index = replace(index, runs=tuple(runs))
    return index


def _only(run: Run, flags: np.ndarray, is_not: bool) -> Run:
    gone = np.full(len(run), not is_not) if run.nobody else flags == is_not
    dead = gone if run.dead is None else gone | (run.dead > 0)
    return replace(run, dead=locked(dead.astype(np.uint8)))


def union(several: Sequence[Sequence[np.ndarray]]) -> Flags:
    """The people of any of these cohorts."""
    return [np.bitwise_or.reduce(flags) for flags in zip(*several, strict=True)]


def ids(index: Index, flags: Flags) -> Members:
    """The ids of these people."""
    found = np.zeros(len(index.pairs), np.uint8)
    for run, members in zip(index.runs, flags, strict=True):
        _mark(run, members, found)
    visitors = (found > 0) & (index.pairs.has == VISITOR)
    chosen = [(run, members > 0) for run, members in zip(index.runs, flags, strict=True)]
    users = [run.people[members & (run.alone == 0)] for run, members in chosen]
    alone = [run.people[members & (run.alone > 0)] for run, members in chosen]
    return Members(_keys(users), distinct(index.pairs.visitor[visitors]), _keys(alone))


def _keys(people: Sequence[np.ndarray]) -> np.ndarray:
    return distinct(np.concatenate([np.zeros(0, np.int64), *people]))


def _mark(run: Run, flags: np.ndarray, found: np.ndarray) -> None:
    in_threads(lambda share: passes.mark_pairs(run.starts, *share, flags, run.pair, found), _shares(run))


def _shares(run: Run) -> list[tuple[int, int]]:
    """The people of a run in shares with about the same number of events; none for a run of nobody."""
    if not len(run.people):
        return []
    edges = np.searchsorted(run.starts, np.linspace(0, len(run), cores() + 1)[1:-1])
    return list(pairwise([0, *edges.tolist(), len(run.people)]))


def forget() -> None:
    """Empty the cache of cohorts."""
    with _turn:
        _cached.clear()


def _after_fork() -> None:
    global _turn
    _turn = threading.Lock()  # another thread of the parent may have held it
    _cached.clear()


os.register_at_fork(after_in_child=_after_fork)
process_caches.register("people of cohorts", forget, lambda: len(_cached))
