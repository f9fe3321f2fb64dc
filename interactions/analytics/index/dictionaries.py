"""Codes of texts and of pairs of ids: found again where they are known, given where they are new, and then for good."""

from __future__ import annotations

import threading
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions import identity
from interactions.analytics.index import table_loops as loops
from interactions.analytics.index.run import NONE, Index, Pairs, Texts

NAMES: Final = tuple(Texts.__dataclass_fields__)
CAMPAIGN: Final = pa.struct([("source", pa.string()), ("medium", pa.string()), ("name", pa.string())])
_LEAST: Final = 1024
_TURN: Final = np.int64(0x100000001B3)


class Dictionary:
    """The codes of one column's texts. May be used by several threads."""

    def __init__(self, texts: pa.ChunkedArray) -> None:
        """Begin with what is known: the code of a text is its place in ``texts``."""
        self._chunks: list[pa.Array] = list(texts.chunks)
        self._type = texts.type
        self._turn = threading.Lock()
        self._keys = np.empty(_LEAST, np.int64)
        self._slots = np.full(2 * _LEAST, NONE, np.int32)
        self._count = 0
        if len(texts):
            self._keys = np.concatenate([hashes_of(chunk) for chunk in self._chunks])
            self._count = len(self._keys)
            self._make_room(1)

    def __len__(self) -> int:
        return self._count

    @property
    def texts(self) -> pa.ChunkedArray:
        with self._turn:
            return pa.chunked_array(self._chunks, self._type)

    def codes(self, texts: pa.Array) -> np.ndarray:
        """The code of each text (int32); none may be null, equal ones may be among them."""
        hashes = hashes_of(texts)
        with self._turn:
            places, fresh = self._add(hashes)
            if len(fresh):
                self._chunks.append(texts.take(pa.array(fresh)))
        return places

    def _add(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._make_room(len(hashes))
        places, fresh = np.empty(len(hashes), np.int32), np.empty(len(hashes), np.int32)
        new = loops.code_hashes(hashes, self._slots, self._keys, self._count, places, fresh)
        self._count += new
        return places, fresh[:new]

    def _make_room(self, more: int) -> None:
        if self._count + more <= len(self._keys):
            return
        capacity = 1 << int(self._count + more).bit_length()
        self._keys = np.concatenate([self._keys[: self._count], np.empty(capacity - self._count, np.int64)])
        self._slots = np.full(2 * capacity, NONE, np.int32)
        loops.fill_hashes(self._slots, self._keys, self._count)


class PairCodes:
    """The codes of pairs of ids, and how many events bear each. May be used by several threads."""

    def __init__(self, pairs: Pairs | None = None) -> None:
        """Begin with what is known."""
        self._turn = threading.Lock()
        self._count = 0 if pairs is None else len(pairs)
        self._user, self._visitor = np.empty(_LEAST, np.int64), np.empty(_LEAST, np.int64)
        self._has, self._records = np.empty(_LEAST, np.uint8), np.zeros(_LEAST, np.int64)
        self._slots = np.full(2 * _LEAST, NONE, np.int32)
        if pairs is not None:
            self._user, self._visitor, self._has, self._records = pairs.user, pairs.visitor, pairs.has, pairs.records
            self._grow(self._count)

    @property
    def pairs(self) -> Pairs:
        """What is known by now; not touched by what follows."""
        with self._turn:
            end = self._count
            columns = (self._user, self._visitor, self._has, self._records)
            return Pairs(*(column[:end].copy() for column in columns))

    def codes(self, user: np.ndarray, visitor: np.ndarray, has: np.ndarray) -> np.ndarray:
        """The code of each pair (int32); as Pairs has them."""
        codes = np.empty(len(has), np.int32)
        with self._turn:
            if self._count + len(has) > len(self._user):
                self._grow(self._count + len(has))
            known = (self._user, self._visitor, self._has)
            self._count = loops.code_pairs(user, visitor, has, self._slots, *known, self._count, codes)
        return codes

    def count(self, codes: np.ndarray, sign: int = 1) -> None:
        """Count events that bear these pairs; with ``sign`` -1, no longer."""
        with self._turn:
            np.add.at(self._records, codes, sign)

    def _grow(self, least: int) -> None:
        capacity = 1 << max(10, int(least).bit_length())
        room, end = capacity - self._count, self._count
        self._user = np.concatenate([self._user[:end], np.empty(room, np.int64)])
        self._visitor = np.concatenate([self._visitor[:end], np.empty(room, np.int64)])
        self._has = np.concatenate([self._has[:end], np.empty(room, np.uint8)])
        self._records = np.concatenate([self._records[:end], np.zeros(room, np.int64)])
        self._slots = np.full(2 * capacity, NONE, np.int32)
        loops.fill_pairs(self._slots, self._user, self._visitor, self._has, end)


class Dictionaries:
    """All codes of an index that is made or added to."""

    def __init__(self, texts: Texts | None = None, pairs: Pairs | None = None) -> None:
        types = {name: CAMPAIGN if name == "campaign" else pa.string() for name in NAMES}
        empty = {name: pa.chunked_array([], types[name]) for name in NAMES}
        known = empty if texts is None else {name: getattr(texts, name) for name in NAMES}
        self._of = {name: Dictionary(known[name]) for name in NAMES}
        self.pair_codes = PairCodes(pairs)

    @classmethod
    def of(cls, index: Index) -> Dictionaries:
        """The codes of an index, to be added to; the index does not change."""
        return cls(index.texts, index.pairs)

    def __getitem__(self, name: str) -> Dictionary:
        return self._of[name]

    @property
    def texts(self) -> Texts:
        return Texts(**{name: self._of[name].texts for name in NAMES})

    @property
    def pairs(self) -> Pairs:
        return self.pair_codes.pairs


def hashes_of(texts: pa.Array) -> np.ndarray:
    """A keyed hash of each text (int64); of a campaign, of its three texts. 0 for null alone."""
    if pa.types.is_struct(texts.type):
        parts = [hashes_of(texts.field(place)) for place in range(3)]
        hashes = parts[0]
        for part in parts[1:]:
            hashes = _mixed(hashes) * _TURN + part
        hashes = _mixed(hashes)
    else:
        hashes = pc.fill_null(identity.keyring().column(texts), 0).to_numpy(zero_copy_only=False)
    valid = texts.is_valid().to_numpy(zero_copy_only=False)
    return np.where(valid, np.where(hashes == 0, 1, hashes), 0)


def _mixed(hashes: np.ndarray) -> np.ndarray:
    words = hashes.view(np.uint64)
    words = (words ^ (words >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    mixed: np.ndarray = (words ^ (words >> np.uint64(32))).view(np.int64)
    return mixed
