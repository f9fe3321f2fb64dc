"""Passes over masks. Each clears the events that don't meet a condition."""

from __future__ import annotations

from typing import Any

import numpy as np

from interactions.analytics.index.loops import compiled


@compiled
def by_time(at: Any, since: int, until: int, mask: Any) -> None:
    """Keep events in ``[since, until)``, in µs."""
    for event in range(len(mask)):
        mask[event] &= (at[event] >= since) & (at[event] < until)


@compiled
def by_code(codes: Any, allowed: Any, mask: Any) -> None:
    """Keep events with a code ``c`` for which ``allowed[c + 1]`` is 1; the first entry is for no value."""
    for event in range(len(mask)):
        mask[event] &= allowed[codes[event] + 1]


@compiled
def by_kind(kind: Any, allowed: Any, mask: Any) -> None:
    """Keep events with an allowed kind (a table of 256)."""
    for event in range(len(mask)):
        mask[event] &= allowed[kind[event]]


@compiled
def by_number(numbers: Any, values: Any, wanted: int, mask: Any) -> None:
    """Keep events whose number is one of a few ``values`` or, if ``wanted`` is 0, isn't."""
    for event in range(len(mask)):
        found = 0
        for place in range(len(values)):
            found |= numbers[event] == values[place]
        mask[event] &= found == wanted


@compiled
def by_list(starts: Any, codes: Any, first: int, allowed: Any, wanted: int, mask: Any) -> None:
    """Keep events, from the event ``first`` on, whose list has an allowed code or, if ``wanted`` is 0, has none."""
    event = first
    for item in range(starts[first], starts[first + len(mask)]):
        if allowed[codes[item] + 1]:
            while starts[event + 1] <= item:
                event += 1
            mask[event - first] |= 2
    for place in range(len(mask)):
        mask[place] = mask[place] & 1 & ((mask[place] >> 1) == wanted)


@compiled
def measure(starts: Any, first: int, last: int, dead: Any, mask: Any, found: Any) -> None:
    """Write to ``found`` how many events of the live people in ``[first, last)`` pass, and in how many pieces.

    A piece has consecutive events. ``dead`` marks people who don't count.
    """
    events, pieces = 0, 0
    for person in range(first, last):
        if len(dead) and dead[person]:
            continue
        before = 0
        for event in range(starts[person], starts[person + 1]):
            now = mask[np.uint64(event)]
            events += now
            pieces += now & (before ^ 1)
            before = now
    found[0], found[1] = events, pieces


@compiled
def cut(
    starts: Any,
    first: int,
    last: int,
    dead: Any,
    mask: Any,
    at: Any,
    people: Any,
    begins: Any,
    ends: Any,
    heads: Any,
    span: Any,
) -> int:
    """Find the pieces of consecutive events that pass. Returns the number of people who have any.

    ``people`` (int64[2, persons]) gets the range of all of their events; ``heads`` is 1 for each person's first piece.
    ``span`` is updated with the first and last time of the events that pass.
    """
    several, piece = 0, 0
    for person in range(first, last):
        if len(dead) and dead[person]:
            continue
        begin, end, before = starts[person], starts[person + 1], 0
        head = piece
        for event in range(begin, end):
            now = mask[np.uint64(event)]
            if now != before:
                if now:
                    begins[piece] = event
                else:
                    ends[piece] = event
                    piece += 1
                before = now
        if before:
            ends[piece] = end
            piece += 1
        if piece == head:
            continue
        heads[head] = 1
        span[0] = min(span[0], at[begins[head]])
        span[1] = max(span[1], at[ends[piece - 1] - 1])
        people[0, several], people[1, several] = begin, end
        several += 1
    return several


@compiled
def choose(
    starts: Any,
    first: int,
    last: int,
    dead: Any,
    mask: Any,
    at: Any,
    people: Any,
    places: Any,
    events: Any,
    span: Any,
) -> int:
    """Find the events that pass, of the people in ``[first, last)``. Returns the number of people who have any.

    Dead people are left out. ``begins`` and ``ends`` get the range of all events of each person. The positions of
    events that pass are written to ``events``, which must have room for one more, person by person, and ``places`` gets
    where each person's begin there, and the end. ``span`` is updated with their first and last time. ``dead`` and
    ``mask`` are empty if there are none.
    """
    several, held, is_masked = 0, 0, len(mask) > 0
    for person in range(first, last):
        if len(dead) and dead[person]:
            continue
        begin, end = starts[person], starts[person + 1]
        if is_masked:
            before = held
            for event in range(begin, end):  # branchless, because a branch would be unpredictable
                events[np.uint64(held)] = event
                held += mask[np.uint64(event)]
            if held == before:
                continue
            span[0] = min(span[0], at[events[before]])
            span[1] = max(span[1], at[events[held - 1]])
            places[several + 1] = held
        people[0, several], people[1, several] = begin, end
        several += 1
    return several
