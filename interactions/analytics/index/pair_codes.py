"""Dictionary encoding of pairs of ids, with the number of events per pair."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np

from interactions.analytics.index import table_loops as loops
from interactions.analytics.index.lookups import find, hashes_of_pairs, lookup_of
from interactions.analytics.index.run import LINK, NONE, Lookup, Pairs

_LEAST: Final = 1024


class PairCodes:
    """The codes of pairs: known pairs keep their codes, and new ones get the next. Thread-safe."""

    def __init__(self, pairs: Pairs, lookups: Sequence[Lookup] = ()) -> None:
        """Start from known pairs."""
        self._turn = threading.Lock()
        self._known, self._lookups = pairs, [*lookups]
        covered = sum(len(lookup.codes) for lookup in lookups)
        if covered < len(pairs):
            rest = (pairs.user[covered:], pairs.visitor[covered:], pairs.has[covered:])
            self._lookups.append(lookup_of(hashes_of_pairs(*rest), covered))
        self._records = pairs.records.copy()
        self._count = 0  # of new pairs
        self._user, self._visitor = np.empty(_LEAST, np.int64), np.empty(_LEAST, np.int64)
        self._has, self._slots = np.empty(_LEAST, np.uint8), np.full(2 * _LEAST, NONE, np.int32)

    @property
    def pairs(self) -> Pairs:
        """A copy of all pairs known so far."""
        with self._turn:
            known, new, total = self._known, slice(self._count), len(self._known) + self._count
            self._make_room_for_records(total)
            return Pairs(
                np.concatenate((known.user, self._user[new])),
                np.concatenate((known.visitor, self._visitor[new])),
                np.concatenate((known.has, self._has[new])),
                self._records[:total].copy(),
            )

    def codes(self, user: np.ndarray, visitor: np.ndarray, has: np.ndarray) -> np.ndarray:
        """The code of each pair (int32), given by the columns of Pairs."""
        hashes = hashes_of_pairs(user, visitor, has)
        codes = find(self._lookups, hashes)
        found = np.flatnonzero(codes >= 0)
        if len(found):
            # A pair may have been blanked since, or its hash may collide with another's.
            known, these = self._known, codes[found]
            same = (known.user[these] == user[found]) & (known.visitor[these] == visitor[found])
            codes[found[~same | (known.has[these] != has[found])]] = NONE
        new = np.flatnonzero(codes < 0)
        with self._turn:
            codes[new] = len(self._known) + self._add(hashes[new], user[new], visitor[new], has[new])
        return codes

    def links(self, pairs: np.ndarray) -> np.ndarray:
        """The codes of links; each row has the key of a user and of a visitor (int64)."""
        user, visitor = np.ascontiguousarray(pairs.T)
        return self.codes(user, visitor, np.full(len(pairs), LINK, np.uint8))

    def count(self, codes: np.ndarray) -> None:
        """Count events with these pairs."""
        with self._turn:
            self._make_room_for_records(len(self._known) + self._count)
            loops.count(codes, self._records)

    def _add(self, hashes: np.ndarray, user: np.ndarray, visitor: np.ndarray, has: np.ndarray) -> np.ndarray:
        self._make_room(len(hashes))
        places = np.empty(len(hashes), np.int32)
        new = (self._user, self._visitor, self._has)
        self._count = loops.code_pairs(hashes, user, visitor, has, self._slots, *new, self._count, places)
        return places

    def _make_room(self, more: int) -> None:
        if self._count + more <= len(self._user):
            return
        end, capacity = self._count, 1 << (self._count + more).bit_length()
        self._user = np.concatenate((self._user[:end], np.empty(capacity - end, np.int64)))
        self._visitor = np.concatenate((self._visitor[:end], np.empty(capacity - end, np.int64)))
        self._has = np.concatenate((self._has[:end], np.empty(capacity - end, np.uint8)))
        self._slots = np.full(2 * capacity, NONE, np.int32)
        hashes = hashes_of_pairs(self._user[:end], self._visitor[:end], self._has[:end])
        loops.fill(self._slots, hashes)

    def _make_room_for_records(self, total: int) -> None:
        if total > len(self._records):
            room = np.zeros(max(2 * total, _LEAST) - len(self._records), np.int64)
            self._records = np.concatenate((self._records, room))
