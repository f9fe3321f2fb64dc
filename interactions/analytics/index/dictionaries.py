"""Dictionary encoding of texts: known texts keep their codes, and new ones get the next."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.index import table_loops as loops
from interactions.analytics.index.custom_values import VALUES, CustomValues
from interactions.analytics.index.lookups import find, hashes_of, lookup_of
from interactions.analytics.index.pair_codes import PairCodes
from interactions.analytics.index.run import NONE, Index, Lookup, Pairs, Texts

NAMES: Final = tuple(Texts.__dataclass_fields__)
AGENT: Final = "agent"
PAIR: Final = "pair"
CAMPAIGN: Final = pa.struct([(name, pa.string()) for name in ("source", "medium", "name", "term", "content")])
FORMS: Final = {**dict.fromkeys(NAMES, pa.string()), "campaign": CAMPAIGN, "custom": VALUES}
_LEAST: Final = 1024


class Dictionary:
    """The codes of one column's texts. Thread-safe."""

    def __init__(self, texts: pa.ChunkedArray, lookups: Sequence[Lookup] = ()) -> None:
        """Start from known ``texts``, whose positions are their codes; ``lookups`` may lack the last ones."""
        self._known, self._lookups = texts, [*lookups]
        covered = sum(len(lookup.codes) for lookup in lookups)
        for chunk in texts.slice(covered).chunks:
            self._lookups.append(lookup_of(hashes_of(chunk), covered))
            covered += len(chunk)
        self._blank = _blank(texts)
        self._turn = threading.Lock()
        self._new: list[pa.Array] = []
        self._count = 0
        self._keys, self._slots = np.empty(_LEAST, np.int64), np.full(2 * _LEAST, NONE, np.int32)

    def __len__(self) -> int:
        return len(self._known) + self._count

    @property
    def texts(self) -> pa.ChunkedArray:
        """All texts known so far. The new ones are in one chunk, or in several if an array can't hold them."""
        with self._turn:
            new = pa.table({"new": pa.chunked_array(self._new, self._known.type)}).combine_chunks()["new"]
            return pa.chunked_array([*self._known.chunks, *new.chunks], self._known.type)

    def codes(self, texts: pa.Array) -> np.ndarray:
        """The code of each text (int32), with new codes for new texts. Nulls aren't allowed."""
        hashes = hashes_of(texts)
        codes = find(self._lookups, hashes)
        if len(self._blank):
            codes[np.isin(codes, self._blank)] = NONE
        new = np.flatnonzero(codes < 0)
        if len(new):
            with self._turn:
                places, fresh = self._add(hashes[new])
                if len(fresh):
                    self._new.append(texts.take(pa.array(new[fresh])))
            codes[new] = len(self._known) + places
        return codes

    def _add(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._count + len(hashes) > len(self._keys):
            capacity = 1 << (self._count + len(hashes)).bit_length()
            self._keys = np.concatenate((self._keys[: self._count], np.empty(capacity - self._count, np.int64)))
            self._slots = np.full(2 * capacity, NONE, np.int32)
            loops.fill(self._slots, self._keys[: self._count])
        places, fresh = np.empty(len(hashes), np.int32), np.empty(len(hashes), np.int32)
        new = loops.code_hashes(hashes, self._slots, self._keys, self._count, places, fresh)
        self._count += new
        return places, fresh[:new]


class Dictionaries:
    """The dictionaries of an index that is being built or extended."""

    def __init__(self, index: Index | None = None, custom_keys: Sequence[str] = ()) -> None:
        """Start from those of ``index``, which doesn't change, or empty, for these keys of custom_context."""
        known = {name: pa.chunked_array([], FORMS[name]) for name in NAMES}
        pairs, lookups = _no_pairs(), dict[str, tuple[Lookup, ...]]()
        if index is not None:  # without events, it still has texts and pairs
            known = {name: getattr(index.texts, name) for name in NAMES}
            pairs, lookups, custom_keys = index.pairs, dict(index.lookups), index.custom_keys
        self.custom_keys = tuple(custom_keys)
        self.custom_values = CustomValues(self.custom_keys)
        self._of = {name: Dictionary(known[name], lookups.get(name, ())) for name in NAMES}
        self.pair_codes = PairCodes(pairs, lookups.get(PAIR, ()))

    @classmethod
    def of(cls, index: Index) -> Dictionaries:
        """The dictionaries of an index, to be extended."""
        return cls(index)

    def __getitem__(self, name: str) -> Dictionary:
        return self._of[name]

    @property
    def texts(self) -> Texts:
        return Texts(**{name: self._of[name].texts for name in NAMES})

    @property
    def pairs(self) -> Pairs:
        return self.pair_codes.pairs


def _no_pairs() -> Pairs:
    none = np.empty(0, np.int64)
    return Pairs(none, none, none.astype(np.uint8), none)


def _blank(texts: pa.ChunkedArray) -> np.ndarray:
    """The codes of blanked texts (int64)."""
    found, begin = [np.empty(0, np.int64)], 0
    for chunk in texts.chunks:
        if chunk.null_count:
            found.append(begin + np.flatnonzero(chunk.is_null().to_numpy(zero_copy_only=False)))
        begin += len(chunk)
    return np.concatenate(found)
