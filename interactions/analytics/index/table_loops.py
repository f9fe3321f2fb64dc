"""Compiled hash tables that map hashes of texts, and pairs of ids, to codes.

A table's ``slots`` (int32, their number a power of two) have the index of an entry, or NONE if free. The arrays that
are written to must have room for everything that may be new.
"""

from __future__ import annotations

from typing import Any

from interactions.analytics.index.loops import compiled


@compiled
def code_hashes(hashes: Any, slots: Any, keys: Any, count: int, places: Any, fresh: Any) -> int:
    """Look up each hash among the first ``count`` of ``keys``, and add new ones.

    Writes their indexes to ``places``, and the positions of new hashes to ``fresh``. Returns the number of new ones.
    """
    mask, new = len(slots) - 1, 0
    for row in range(len(hashes)):
        key = hashes[row]
        slot = (key ^ (key >> 32)) & mask
        while True:
            place = slots[slot]
            if place < 0:
                slots[slot] = places[row] = count + new
                keys[count + new] = key
                fresh[new] = row
                new += 1
                break
            if keys[place] == key:
                places[row] = place
                break
            slot = (slot + 1) & mask
    return new


@compiled
def fill(slots: Any, keys: Any) -> None:
    """Enter all ``keys`` into empty ``slots``."""
    mask = len(slots) - 1
    for place in range(len(keys)):
        key = keys[place]
        slot = (key ^ (key >> 32)) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = place


@compiled
def code_pairs(
    hashes: Any,
    users: Any,
    visitors: Any,
    has: Any,
    slots: Any,
    user: Any,
    visitor: Any,
    kinds: Any,
    count: int,
    places: Any,
) -> int:
    """Look up each pair, given with its hash, among the ``count`` known ones, and add new ones.

    Writes their indexes to ``places``. Returns the new number of pairs.
    """
    mask = len(slots) - 1
    for row in range(len(hashes)):
        one, other, kind, key = users[row], visitors[row], has[row], hashes[row]
        slot = (key ^ (key >> 32)) & mask
        while True:
            place = slots[slot]
            if place < 0:
                slots[slot] = places[row] = count
                user[count], visitor[count], kinds[count] = one, other, kind
                count += 1
                break
            if user[place] == one and visitor[place] == other and kinds[place] == kind:
                places[row] = place
                break
            slot = (slot + 1) & mask
    return count


@compiled
def count(codes: Any, counts: Any) -> None:
    """Add the number of occurrences of each code to ``counts``."""
    for row in range(len(codes)):
        counts[codes[row]] += 1
