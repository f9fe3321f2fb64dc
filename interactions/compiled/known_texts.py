"""Recognize texts: look up names in a table, and number texts that repeat. Compiled by Numba."""

from __future__ import annotations

import numpy as np

from interactions.compiled import lanes
from interactions.compiled.jit import compiled

BUCKETS = 1 << 14  # of the hash table of repeating texts
_HASHES = 128


def _hash_of(size: int, first: int, middle: int, last: int) -> int:
    """Hash a name by its length and three of its bytes. ``named`` computes the same."""
    return (size * 7 + first + middle * 11 + last * 5) % _HASHES


def table_of(names: list[str]) -> np.ndarray:
    """A hash table of the indexes of names, for :func:`named`."""
    found = np.full(_HASHES, -1, np.int8)
    for number, name in enumerate(names):
        code = name.encode()
        place = _hash_of(len(code), code[0], code[len(code) // 2], code[-1])
        while found[place] >= 0:
            place = (place + 1) % _HASHES
        found[place] = number
    return found


@compiled
def _same(text, start, names, size):
    k = 0
    while k < size:
        if lanes.equal(text, start + k, names, k) < min(size - k, lanes.WIDTH):
            return False
        k += lanes.WIDTH
    return True


@compiled
def named(text, start, end, numbers, names, sizes):
    """The index of a name in a table made by ``table_of``; -1 if it isn't in it."""
    size = end - start
    if size == 0:
        return -1
    place = (size * 7 + text[start] + text[start + size // 2] * 11 + text[end - 1] * 5) % _HASHES
    number = numbers[place]
    while number >= 0:
        if sizes[number] == size and _same(text, start, names[number], size):
            return number
        place = (place + 1) % _HASHES
        number = numbers[place]
    return -1


@compiled
def remember(text, start, end, keys, raws, counts, buckets, slot):
    """Number a raw text. Equal texts get the same number."""
    mixed = np.uint64(end - start)
    for i in range(start, end, 8):
        eight = lanes.word(text, i)
        if end - i < 8:
            eight &= (np.uint64(1) << np.uint64(8 * (end - i))) - np.uint64(1)
        mixed = (mixed ^ eight) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(32)
    bucket = np.int64((mixed ^ (mixed >> np.uint64(29))) % np.uint64(BUCKETS))
    while buckets[slot, bucket] >= 0:
        number = buckets[slot, bucket]
        other = raws[slot, number, 0]
        if raws[slot, number, 1] - other == end - start and _same(text, start, text[other:], end - start):
            return number
        bucket = (bucket + 1) % BUCKETS
    number = counts[slot]
    counts[slot] = number + 1
    buckets[slot, bucket] = number
    raws[slot, number, 0], raws[slot, number, 1], raws[slot, number, 2] = start, end, keys
    return number
