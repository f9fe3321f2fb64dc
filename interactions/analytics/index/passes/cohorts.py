"""Passes over people: who did something how often, and whose events pass."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

_EARLIEST: Final = -(1 << 63)
_LATEST: Final = (1 << 63) - 1
_STRETCH: Final = 16  # events that are counted without a look at whether they're enough


@compiled
def keep(
    starts: Any,
    first: int,
    last: int,
    mask: Any,
    kind: Any,
    at: Any,
    types: Any,
    since: int,
    until: int,
    at_least: int,
    wanted: int,
    members: Any,
) -> None:
    """Clear the people in ``[first, last)`` who don't have ``at_least`` events that count or, if ``wanted`` is 0, do.

    Those of a type that ``types`` marks in ``[since, until)`` that the ``mask`` doesn't exclude count; it can be empty.
    ``members`` has a byte per person of the run.
    """
    is_masked, is_timed = len(mask) > 0, since > _EARLIEST or until < _LATEST
    for person in range(first, last):
        if not members[person]:
            continue
        times, place, end = 0, starts[person], starts[person + 1]
        while place < end and times < at_least:
            stop = min(end, place + _STRETCH)
            for number in range(place, stop):
                event = np.uint64(number)
                counts = types[kind[event] & 63]
                if is_masked:
                    counts &= mask[event]
                if is_timed and counts:
                    counts = np.uint8((at[event] >= since) & (at[event] < until))
                times += counts
            place = stop
        members[person] = (times >= at_least) == wanted


@compiled
def by_person(starts: Any, members: Any, person: int, first: int, wanted: int, mask: Any) -> None:
    """Keep events, from the event ``first`` on, of members or, if ``wanted`` is 0, of others.

    ``person`` is the one whose events the event ``first`` is among.
    """
    event = 0
    while event < len(mask):
        end = min(starts[person + 1] - first, len(mask))
        passes = np.uint8(members[person] == wanted)
        while event < end:
            mask[event] &= passes
            event += 1
        person += 1


@compiled
def mark_pairs(starts: Any, first: int, last: int, members: Any, pair: Any, found: Any) -> None:
    """Set ``found`` (a byte per pair of ids) for the pairs of all events of members in ``[first, last)``."""
    for person in range(first, last):
        if members[person]:
            for event in range(starts[person], starts[person + 1]):
                found[pair[event]] = 1
