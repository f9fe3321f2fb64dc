"""The identity graph: which person each pair of ids belongs to.

A record's person is its user. Without one, it's the only user that its anonymous id was ever seen with, or else the
anonymous id itself (``alone``). An anonymous id seen with several users, a shared device, belongs to none of them.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from interactions.analytics.index.loops import compiled
from interactions.analytics.index.run import Pairs

USER: Final = 1
VISITOR: Final = 2
BOTH: Final = 3
_SPREAD: Final = 0x9E3779B97F4A7C15 - (1 << 64)  # Fibonacci hashing: the golden ratio in 64 bits
_BITS_OF_FILTER: Final = 16  # the size of the smallest filter, 64 KB; it grows with the number of ids to find


class Persons(NamedTuple):
    """``keys`` (int64) of users, or of anonymous ids where ``alone`` (uint8) is 1. Both are 0 for nobody."""

    keys: np.ndarray
    alone: np.ndarray


def distinct(numbers: np.ndarray) -> np.ndarray:
    """Each number once, ascending; ten times as fast as ``np.unique``."""
    ordered = np.sort(numbers)
    found: np.ndarray = ordered[np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)]]
    return found


def owners(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """The anonymous ids (int64, ascending) seen with exactly one user, and that user (int64).

    Pairs without live records and removed links don't count.
    """
    both = (pairs.has & BOTH == BOTH) & (pairs.records > 0)
    return _of_one_user(pairs.visitor[both], pairs.user[both])


def persons(pairs: Pairs) -> Persons:
    """The person of each pair, by pair code."""
    return persons_of(pairs.user, pairs.visitor, pairs.has, owners(pairs))


def persons_of(user: np.ndarray, visitor: np.ndarray, has: np.ndarray, owned: tuple[np.ndarray, np.ndarray]) -> Persons:
    """The person of each pair, given the :func:`owners` among all pairs that share an anonymous id with these."""
    keys = np.where(has & USER, user, 0)
    alone = np.zeros(len(keys), np.uint8)
    visitors = np.flatnonzero(has == VISITOR)
    names, users = owned
    places = np.searchsorted(names, visitor[visitors])
    known = np.zeros(len(visitors), bool)
    inside = places < len(names)
    known[inside] = names[places[inside]] == visitor[visitors[inside]]
    keys[visitors] = visitor[visitors]
    keys[visitors[known]] = users[places[known]]
    alone[visitors[~known]] = 1
    return Persons(keys, alone)


def with_visitors(pairs: Pairs, visitors: np.ndarray) -> np.ndarray:
    """The codes (ascending) of all pairs with one of these anonymous ids, found in one scan of the pairs."""
    return _with(visitors, pairs.visitor, pairs.has, VISITOR)


def with_users(pairs: Pairs, users: np.ndarray) -> np.ndarray:
    """The codes (ascending) of all pairs with one of these users."""
    return _with(users, pairs.user, pairs.has, USER)


def _with(wanted: np.ndarray, ids: np.ndarray, has: np.ndarray, kind: int) -> np.ndarray:
    if not len(wanted):
        return np.empty(0, np.int64)
    wanted = distinct(wanted)
    bits = max(_BITS_OF_FILTER, len(wanted).bit_length() + 3)
    found = np.empty(len(ids), np.int32)
    count = _sieved(wanted, ids, has, kind, np.zeros(1 << bits, np.uint8), 64 - bits, found)
    codes = found[:count].astype(np.int64)
    places = np.minimum(np.searchsorted(wanted, ids[codes]), len(wanted) - 1)
    chosen: np.ndarray = codes[wanted[places] == ids[codes]]
    return chosen


def _of_one_user(visitors: np.ndarray, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((users, visitors))
    visitors, users = visitors[order], users[order]
    begins = np.flatnonzero(np.r_[True, visitors[1:] != visitors[:-1]]) if len(visitors) else np.empty(0, np.int64)
    ends = np.r_[begins[1:], len(visitors)] - 1 if len(visitors) else begins
    alone = users[begins] == users[ends]
    return visitors[begins[alone]], users[begins[alone]]


@compiled
def _sieved(wanted: Any, ids: Any, has: Any, kind: int, sieve: Any, shift: int, found: Any) -> int:
    """Write the positions of ids that may be among ``wanted`` to ``found``. Returns their number."""
    for place in range(len(wanted)):
        sieve[((wanted[place] * _SPREAD) >> shift) & (len(sieve) - 1)] = 1
    count = 0
    for place in range(len(ids)):
        if has[place] & kind and sieve[((ids[place] * _SPREAD) >> shift) & (len(sieve) - 1)]:
            found[count] = place
            count += 1
    return count
