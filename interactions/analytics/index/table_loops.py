"""The loops of hash tables from texts' hashes and pairs of ids to codes, compiled.

A table has ``slots`` (int32, a power of two of them, NONE where free), each with the place of an entry. All of them are
given the arrays that they write into, with room for whatever may be new.
"""

from __future__ import annotations

from typing import Any

from interactions.analytics.index.loops import compiled


@compiled
def code_hashes(hashes: Any, slots: Any, keys: Any, count: int, places: Any, fresh: Any) -> int:
    """The place of each hash among ``keys``, of which there are ``count``; new ones are added.

    ``fresh`` gets where in ``hashes`` the new ones are. Returns how many they are.
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
    """Put all of ``keys`` into empty ``slots``."""
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
    """The place of each pair, with its hash, among the ``count`` that are known; new ones are added.

    Returns how many there are then.
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
    """Add to ``counts`` how often each code is there."""
    for row in range(len(codes)):
        counts[codes[row]] += 1
