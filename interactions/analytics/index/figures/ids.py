"""The number of events by id."""

from __future__ import annotations

import numpy as np

from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import keys
from interactions.analytics.index.run import Pairs
from interactions.analytics.index.shares import Share
from interactions.analytics.index.threads import in_threads


def pair_records(filtered: FilteredIndex) -> np.ndarray:
    """The number of events per pair of ids, int64."""
    return filtered.once("pairs", lambda: _pair_records(filtered))


def _pair_records(filtered: FilteredIndex) -> np.ndarray:
    if filtered.is_whole:
        return filtered.index.pairs.events

    def walk(found: np.ndarray, share: Share) -> None:
        keys.count_pairs(*share.people, share.run.pair, found)

    return summed(filtered.over(lambda: np.zeros(len(filtered.index.pairs), np.int64), walk))


def ids_of(filtered: FilteredIndex) -> tuple[int, int]:
    """The number of users and of anonymous ids."""
    return filtered.once("ids", lambda: _ids(filtered))


def _ids(filtered: FilteredIndex) -> tuple[int, int]:
    pairs, records = filtered.index.pairs, pair_records(filtered)

    def different(ids: np.ndarray, bit: int, is_lower: bool) -> int:
        some = ids[_borne(pairs, records, bit) & ((ids < 0) == is_lower)]
        some.sort()
        return len(_firsts(some))

    halves = [(ids, bit, is_lower) for ids, bit in ((pairs.visitor, 2), (pairs.user, 1)) for is_lower in (True, False)]
    counts = in_threads(lambda each: different(*each), halves)
    return sum(counts[2:]), sum(counts[:2])


def records_of_users(filtered: FilteredIndex) -> np.ndarray:
    """The numbers of events per user, without zeros, in any order."""
    pairs, records = filtered.index.pairs, pair_records(filtered)
    there = np.flatnonzero(_borne(pairs, records, 1))
    there = there[np.argsort(pairs.user[there])]
    found: np.ndarray = np.add.reduceat(records[there], _firsts(pairs.user[there])) if len(there) else records[:0]
    return found


def _borne(pairs: Pairs, records: np.ndarray, bit: int) -> np.ndarray:
    """The pairs (bool) that have events and an id of that kind, a ``bit`` of ``has``."""
    found: np.ndarray = (pairs.has & bit > 0) & (records > 0)
    return found


def _firsts(ordered: np.ndarray) -> np.ndarray:
    """Where each of different keys is first."""
    return np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)])


def pair_spans(filtered: FilteredIndex) -> tuple[np.ndarray, np.ndarray]:
    """The times of the first and last event per pair, in µs since 1970 (int64)."""
    return filtered.once("pair spans", lambda: _pair_spans(filtered))


def _pair_spans(filtered: FilteredIndex) -> tuple[np.ndarray, np.ndarray]:
    several, never = len(filtered.index.pairs), np.iinfo(np.int64)

    def walk(found: tuple[np.ndarray, np.ndarray], share: Share) -> None:
        keys.span_pairs(*share.people, share.run.at, share.run.pair, *found)

    first, last = zip(
        *filtered.over(lambda: (np.full(several, never.max), np.full(several, never.min)), walk), strict=True
    )
    return np.minimum.reduce(first), np.maximum.reduce(last)
