"""The number of events by id."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from interactions.analytics.index.look import Look, Share, summed
from interactions.analytics.index.passes import keys


def pair_records(look: Look) -> np.ndarray:
    """The number of events per pair of ids, int64."""
    return look.once("pairs", lambda: _pair_records(look))


def _pair_records(look: Look) -> np.ndarray:
    if all(mask is None for mask in look.masks):
        return look.index.pairs.events

    def walk(found: np.ndarray, share: Share) -> None:
        keys.count_pairs(*share.people, share.run.pair, found)

    found = summed(look.over(lambda: np.zeros(len(look.index.pairs), np.int64), walk))
    found.setflags(write=False)  # like those of the index
    return found


def records_of_ids(look: Look) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of events per user and per anonymous id, without zeros, in any order."""
    return look.once("ids", lambda: _records_of_ids(look))


def _records_of_ids(look: Look) -> tuple[np.ndarray, np.ndarray]:
    pairs, records = look.index.pairs, pair_records(look)

    def work(ids: np.ndarray, bit: int) -> np.ndarray:
        several = int(np.count_nonzero((pairs.has & bit > 0) & (records > 0)))
        room = 1 << (several * 4 // 3 + 1).bit_length()
        table, sums = np.zeros(room, np.int64), np.zeros(room, np.int64)
        keys.add_by_key(ids, pairs.has, bit, records, table, sums)
        found: np.ndarray = sums[sums > 0]
        return found

    with ThreadPoolExecutor(2) as pool:
        users, visitors = pool.map(work, (pairs.user, pairs.visitor), (1, 2))
    return users, visitors


def pair_spans(look: Look) -> tuple[np.ndarray, np.ndarray]:
    """The times of the first and last event per pair, in µs since 1970 (int64)."""
    return look.once("pair spans", lambda: _pair_spans(look))


def _pair_spans(look: Look) -> tuple[np.ndarray, np.ndarray]:
    several, never = len(look.index.pairs), np.iinfo(np.int64)

    def walk(found: tuple[np.ndarray, np.ndarray], share: Share) -> None:
        keys.span_pairs(*share.people, share.run.at, share.run.pair, *found)

    first, last = zip(*look.over(lambda: (np.full(several, never.max), np.full(several, never.min)), walk), strict=True)
    return np.minimum.reduce(first), np.maximum.reduce(last)
