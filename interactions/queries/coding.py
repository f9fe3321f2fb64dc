"""Who is who, in compiled loops: ids and people get codes, numbers from 0 on, and people are dealt into batches.

All of them are given the arrays that they write into.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

NOBODY: Final = -1  # as a code
HAS_USER: Final = 1
HAS_VISITOR: Final = 2
_SHARED: Final = -2  # as an owner
_STIR: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)


@compiled
def number(keys: Any, known: Any, bit: int, slots: Any, different: Any, codes: Any) -> int:
    """Write the code of each key into ``codes``, NOBODY where ``known`` lacks ``bit``; answer how many there are.

    ``different`` gets each key once. ``slots`` are zeros, a power of two of them, at least twice as many as keys.
    """
    count = 0
    code = NOBODY
    last = len(slots) - 1
    for row in range(len(keys)):
        if not known[row] & bit:
            codes[row] = NOBODY
            continue
        key = keys[row]
        if code >= 0 and different[code] == key:  # in their order equal keys lie together
            codes[row] = code
            continue
        place = np.int64((np.uint64(key) * _STIR) >> _HALF) & last
        while True:
            code = slots[place] - 1
            if code < 0:
                code = count
                different[code] = key
                count += 1
                slots[place] = count
                break
            if different[code] == key:
                break
            place = (place + 1) & last
        codes[row] = code
    return count


@compiled
def own(users: Any, visitors: Any, first_link: int, owners: Any, persons: Any) -> None:
    """Write the person of each pair into ``persons``: its user, else the one that its visitor belongs to, else itself.

    That is what pairs from ``first_link`` on show; ``owners`` is NOBODY for each visitor. A person that is no user has
    the code of the visitor after all users'.
    """
    several = 0
    for row in range(len(users)):
        user, visitor = users[row], visitors[row]
        several = max(several, user + 1)
        if row >= first_link and user >= 0 and visitor >= 0:
            if owners[visitor] == NOBODY:
                owners[visitor] = user
            elif owners[visitor] != user:
                owners[visitor] = _SHARED
    for row in range(len(users)):
        user, visitor = users[row], visitors[row]
        if user < 0 and visitor >= 0:
            user = owners[visitor] if owners[visitor] >= 0 else several + visitor
        persons[row] = user


@compiled
def order(persons: Any, user_keys: Any, visitor_keys: Any, known: Any, orders: Any) -> None:
    """Write for each person where its first journey is, in the order of the devices, into ``orders``."""
    for row in range(len(persons) - 1, -1, -1):
        if persons[row] >= 0:
            orders[persons[row]] = visitor_keys[row] if known[row] & HAS_VISITOR else user_keys[row]


@compiled
def house(persons: Any, orders: Any, shift: int, codes: Any, bounds: Any) -> None:
    """Give persons other codes, by batches: each is of those whose ``orders``, one a person, have the same first bits.

    ``codes``, NOBODY for each person, gets the new ones, ``persons`` are written anew, and those of batch b are from
    ``bounds`` b to before b + 1; it is zeros, one more than there are batches. ``shift`` leaves of 64 bits those that
    number the batches; with 64 there is one.
    """
    half = (len(bounds) - 1) // 2
    for row in range(len(persons)):
        person = persons[row]
        if person >= 0 and codes[person] < 0:
            codes[person] = (orders[person] >> shift) + half if shift < 64 else 0
            bounds[codes[person] + 1] += 1
    for batch in range(1, len(bounds)):
        bounds[batch] += bounds[batch - 1]
    for person in range(len(codes)):
        batch = codes[person]
        if batch >= 0:
            codes[person] = bounds[batch]
            bounds[batch] += 1
    for batch in range(len(bounds) - 1, 0, -1):  # each has moved on to where the next begins
        bounds[batch] = bounds[batch - 1]
    bounds[0] = 0
    for row in range(len(persons)):
        if persons[row] >= 0:
            persons[row] = codes[persons[row]]


@compiled
def deal(persons: Any, batches: Any, bounds: Any, rows: Any) -> None:
    """Write into ``rows`` the places of all pairs, by their persons' batches; those of nobody come last.

    Those of the batch b are from ``bounds`` b to before b + 1; ``bounds`` are zeros, two more than there are batches.
    ``batches`` are the bounds of the persons' codes.
    """
    nobodys = len(bounds) - 2
    batch = 0
    for row in range(len(persons)):
        person = persons[row]
        if person < 0:
            bounds[nobodys + 1] += 1
            continue
        if not batches[batch] <= person < batches[batch + 1]:
            batch = np.searchsorted(batches, person, side="right") - 1
        bounds[batch + 1] += 1
    for batch in range(1, len(bounds)):
        bounds[batch] += bounds[batch - 1]
    batch = 0
    for row in range(len(persons)):
        person = persons[row]
        if person < 0:
            rows[bounds[nobodys]] = row
            bounds[nobodys] += 1
            continue
        if not batches[batch] <= person < batches[batch + 1]:
            batch = np.searchsorted(batches, person, side="right") - 1
        rows[bounds[batch]] = row
        bounds[batch] += 1
    for batch in range(len(bounds) - 1, 0, -1):
        bounds[batch] = bounds[batch - 1]
    bounds[0] = 0
