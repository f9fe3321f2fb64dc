"""Select live events of an index: those of an import, of a time, or of people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from interactions.analytics.index.delta import NOTHING, Places, find, take_out
from interactions.analytics.index.people import VISITOR, Persons, persons, with_users, with_visitors
from interactions.analytics.index.rows import within
from interactions.analytics.index.run import Index, Pairs, Run
from interactions.contract.tombstones import AHEAD, Tombstones


def of_import(index: Index, source: int) -> Places:
    """The events of an import, by its number; 0 for live ones."""
    return where(index, lambda run: run.source == source)


def older(index: Index, moment: int) -> Places:
    """The events before ``moment``, in µs since 1970."""
    return where(index, lambda run: run.at < moment)


def where(index: Index, mask: Callable[[Run], np.ndarray]) -> Places:
    """The live events for which ``mask`` is true. It returns a bool per event of a run."""
    found = []
    for run in index.runs:
        chosen = mask(run)
        if run.dead is not None:
            chosen = chosen & np.repeat(run.dead == 0, np.diff(run.starts))
        found.append(np.flatnonzero(chosen))
    return found


def of_people(index: Index, tombstones: Tombstones) -> Places:
    """The events of these people that must be hidden. Takes milliseconds, because only these people's events are
    read."""
    codes = codes_of(index.pairs, tombstones)
    codes = codes[index.pairs.records[codes] > 0]
    if not len(codes):
        return [NOTHING] * len(index.runs)
    people = _persons_of(index.pairs, codes)
    return [_theirs(run, index.pairs, people, codes, tombstones) for run in index.runs]


def hide(index: Index, tombstones: Tombstones) -> Index:
    """The index without the hidden events of these people; the same object if it has none."""
    gone = of_people(index, tombstones)
    return take_out(index, gone) if any(map(len, gone)) else index


def codes_of(pairs: Pairs, tombstones: Tombstones) -> np.ndarray:
    """The codes of the pairs (int64, ascending) that name these people."""
    alone = with_visitors(pairs, tombstones.anonymous.keys)
    return np.union1d(with_users(pairs, tombstones.users.keys), alone[pairs.has[alone] == VISITOR])


def is_theirs(pairs: Pairs, codes: np.ndarray, at: np.ndarray, received: np.ndarray, stones: Tombstones) -> np.ndarray:
    """Which events must be hidden (bool), given their pairs ``codes``, which name these people, and times in µs."""
    until = np.where(
        pairs.has[codes] == VISITOR,
        _moments(stones.anonymous.keys, stones.anonymous.until, pairs.visitor[codes]),
        _moments(stones.users.keys, stones.users.until, pairs.user[codes]),
    )
    theirs: np.ndarray = (np.minimum(at, received) <= until) | (at - received > AHEAD)
    return theirs


def _moments(keys: np.ndarray, until: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    if not len(keys):
        return np.zeros(len(wanted), np.int64)
    moments: np.ndarray = until[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)]
    return moments


def _persons_of(pairs: Pairs, codes: np.ndarray) -> Persons:
    """The people who have events with these pairs."""
    around = np.union1d(codes, with_visitors(pairs, pairs.visitor[codes[pairs.has[codes] == VISITOR]]))
    some = persons(Pairs(pairs.user[around], pairs.visitor[around], pairs.has[around], pairs.records[around]))
    chosen = np.isin(around, codes, assume_unique=True)
    distinct = np.unique(np.stack([some.keys[chosen], some.alone[chosen].astype(np.int64)]), axis=1)
    return Persons(distinct[0], distinct[1].astype(np.uint8))


def _theirs(run: Run, pairs: Pairs, people: Persons, codes: np.ndarray, tombstones: Tombstones) -> np.ndarray:
    places, _ = find(run, people)
    places = np.sort(places)
    events = within(run.starts[places], run.starts[places + 1])
    events = events[np.isin(run.pair[events], codes)]
    hidden = is_theirs(pairs, run.pair[events], run.at[events], run.received[events], tombstones)
    found: np.ndarray = events[hidden]
    return found
