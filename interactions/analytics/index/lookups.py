"""Look up the code of a text or a pair of ids by its hash, in sorted arrays that can be mapped from a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions import identity
from interactions.analytics.index.loops import compiled
from interactions.analytics.index.run import NONE, Lookup

_SPREAD: Final = 0x9E3779B97F4A7C15 - (1 << 64)
_TURN: Final = 0xD6E8FEB86659FD93 - (1 << 64)


def lookup_of(hashes: np.ndarray, first: int) -> Lookup:
    """The lookup for these hashes, whose codes count up from ``first``."""
    order = np.argsort(hashes)
    return Lookup(hashes[order], (order + first).astype(np.int32))


def find(lookups: Sequence[Lookup], hashes: np.ndarray) -> np.ndarray:
    """The code of each hash (int32), NONE if it's unknown."""
    codes = np.full(len(hashes), NONE, np.int32)
    if not lookups:
        return codes
    order = np.argsort(hashes)  # looking up in sorted order is many times faster
    ordered = hashes[order]
    for lookup in lookups:
        if len(lookup.hashes):
            places = np.minimum(np.searchsorted(lookup.hashes, ordered), len(lookup.hashes) - 1)
            known = lookup.hashes[places] == ordered
            codes[order[known]] = lookup.codes[places[known]]
    return codes


def hashes_of(texts: pa.Array) -> np.ndarray:
    """A keyed hash of each text (int64); for a struct, of its texts together. Only null gives 0."""
    if pa.types.is_struct(texts.type):
        hashes = np.zeros(len(texts), np.int64)
        for place in range(texts.type.num_fields):
            mix(hashes, hashes_of(texts.field(place)))
    else:
        hashes = pc.fill_null(identity.keyring().column(texts), 0).to_numpy(zero_copy_only=False)
    valid = texts.is_valid().to_numpy(zero_copy_only=False)
    return np.where(valid, np.where(hashes == 0, 1, hashes), 0)


def hashes_of_pairs(user: np.ndarray, visitor: np.ndarray, has: np.ndarray) -> np.ndarray:
    """A hash of each pair of ids (int64); the ids are hashes themselves."""
    hashes = has.astype(np.int64)
    mix(hashes, user)
    mix(hashes, visitor)
    return hashes


@compiled
def mix(hashes: Any, values: Any) -> None:
    """Mix a value into each hash, in place."""
    for place in range(len(hashes)):
        mixed = (hashes[place] ^ values[place]) * _SPREAD
        mixed = (mixed ^ ((mixed >> 32) & 0xFFFFFFFF)) * _TURN
        hashes[place] = mixed ^ ((mixed >> 29) & 0x7FFFFFFFF)
