"""Passes over the groups of each person's events, as sets: uint64 with a bit per group, of 64 at most.

Groups and the other arguments are those of :mod:`interactions.analytics.index.passes.breakdown`; events have one code.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

_ONE: Final = np.uint64(1)
_SPREAD: Final = np.uint64(0x03F79D71B4CB0A89)  # a De Bruijn sequence: its 64 runs of six bits differ
_SHIFT: Final = np.uint64(58)


def places_of_bits() -> np.ndarray:
    """The place of a number's only set bit (uint8[64]), by the first six bits of its product with ``_SPREAD``."""
    places = np.empty(64, np.uint8)
    bits = np.arange(64, dtype=np.uint64)
    places[((_ONE << bits) * _SPREAD) >> _SHIFT] = bits
    return places


@compiled
def collect(begins: Any, ends: Any, dead: Any, mask: Any, codes: Any, bits: Any, sets: Any) -> None:
    """Write the set of each person's groups to ``sets`` (uint64[people]); it's empty if no event of theirs passes.

    ``bits[c + 1]`` (uint64) is the bit of code ``c``. If ``bits`` is empty, code ``c`` is group ``c + 1``: bits are
    then computed, several at once, in two thirds of the time. No branch depends on an event.
    """
    is_masked, is_mortal, is_plain = len(mask) > 0, len(dead) > 0, len(bits) == 0
    for person in range(len(begins)):
        begin, end, held = begins[person], ends[person], np.uint64(0)
        if is_mortal and dead[person]:
            end = begin
        if is_plain and is_masked:
            for number in range(begin, end):
                event = np.uint64(number)
                held |= (_ONE << np.uint64(np.int64(codes[event]) + 1)) & np.uint64(-np.int64(mask[event]))
        elif is_plain:
            for number in range(begin, end):
                held |= _ONE << np.uint64(np.int64(codes[np.uint64(number)]) + 1)
        elif is_masked:
            for number in range(begin, end):
                event = np.uint64(number)
                held |= bits[np.uint64(np.int64(codes[event]) + 1)] & np.uint64(-np.int64(mask[event]))
        else:
            for number in range(begin, end):
                held |= bits[np.uint64(np.int64(codes[np.uint64(number)]) + 1)]
        sets[person] = held


@compiled
def count(sets: Any, places: Any, counts: Any) -> int:
    """Add the number of people with each group to ``counts`` (int64[groups]). Returns how many have any.

    ``places`` are those of :func:`places_of_bits`.
    """
    people = 0
    for person in range(len(sets)):
        held = sets[person]
        people += held != 0
        while held:
            rest = held & (held - _ONE)
            counts[places[((held ^ rest) * _SPREAD) >> _SHIFT]] += 1
            held = rest
    return people


@compiled
def count_any(sets: Any, groups: Any) -> int:
    """The number of people with any of ``groups``, a set (uint64)."""
    people = 0
    for person in range(len(sets)):
        people += (sets[person] & groups) != 0
    return people
