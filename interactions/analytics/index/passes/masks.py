"""Passes over masks. Each clears the events that don't meet a condition.

Indexes are unsigned numbers where that saves much: the check for negative ones took a third of :func:`by_list`.
"""

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
def mark(kind: Any, bits: Any, marks: Any) -> None:
    """Write the bits of each event's type."""
    for event in range(len(marks)):
        marks[event] = bits[kind[event] & 63]


@compiled
def unmark(mask: Any, bits: int, marks: Any) -> None:
    """Clear these bits of the marks of events that don't pass."""
    for event in range(len(marks)):
        marks[event] &= np.uint8(~bits) | np.uint8(-mask[event])


@compiled
def by_code(codes: Any, allowed: Any, mask: Any) -> None:
    """Keep events with a code ``c`` for which ``allowed[c + 1]`` is 1; the first entry is for no value."""
    for event in range(len(mask)):
        mask[event] &= allowed[np.uint64(np.int64(codes[event]) + 1)]


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
        if allowed[np.uint64(np.int64(codes[np.uint64(item)]) + 1)]:
            while starts[np.uint64(event + 1)] <= item:
                event += 1
            mask[np.uint64(event - first)] |= 2
    for place in range(len(mask)):
        mask[place] = mask[place] & 1 & ((mask[place] >> 1) == wanted)


@compiled
def measure(begins: Any, ends: Any, dead: Any, mask: Any, found: Any) -> None:
    """Write to ``found`` how many events of the living pass, in how many pieces, and how many people have any.

    A piece has consecutive events. ``dead`` marks people who don't count; it and the ``mask`` are empty if there are
    none.
    """
    events, pieces, people = 0, 0, 0
    is_mortal, is_masked = len(dead) > 0, len(mask) > 0
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        if not is_masked:
            held = ends[person] - begins[person]
            events += held
            people += held > 0
            continue
        held, before = 0, 0
        for event in range(begins[person], ends[person]):
            now = mask[np.uint64(event)]
            held += now
            pieces += now & (before ^ 1)
            before = now
        events += held
        people += held > 0
    found[0], found[1], found[2] = events, pieces, people


@compiled
def alive(begins: Any, ends: Any, dead: Any, at: Any, people: Any, span: Any) -> None:
    """Find the living who have events. See :func:`choose`."""
    several = 0
    for person in range(len(begins)):
        begin, end = begins[person], ends[person]
        if dead[person] or begin == end:
            continue
        span[0] = min(span[0], at[begin])
        span[1] = max(span[1], at[end - 1])
        people[0, several], people[1, several] = begin, end
        several += 1


@compiled
def cut(
    begins: Any,
    ends: Any,
    dead: Any,
    mask: Any,
    at: Any,
    people: Any,
    froms: Any,
    tos: Any,
    heads: Any,
    span: Any,
) -> None:
    """Find the pieces of consecutive events that pass, from ``froms`` to ``tos``. See :func:`choose`.

    ``heads`` is 1 for each person's first piece.
    """
    several, piece, is_mortal = 0, 0, len(dead) > 0
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        begin, end, before = begins[person], ends[person], 0
        head = piece
        for event in range(begin, end):
            now = mask[np.uint64(event)]
            if now != before:
                if now:
                    froms[piece] = event
                else:
                    tos[piece] = event
                    piece += 1
                before = now
        if before:
            tos[piece] = end
            piece += 1
        if piece == head:
            continue
        heads[head] = 1
        span[0] = min(span[0], at[froms[head]])
        span[1] = max(span[1], at[tos[piece - 1] - 1])
        people[0, several], people[1, several] = begin, end
        several += 1


@compiled
def choose(
    begins: Any, ends: Any, dead: Any, mask: Any, at: Any, people: Any, places: Any, events: Any, span: Any
) -> None:
    """Find the events that pass.

    ``people`` (int64[2, people]) gets the range of all events of each person who has one. The positions of events that
    pass are written to ``events``, which must have room for one more, person by person, and ``places`` gets where each
    person's begin there, and the end. ``span`` is updated with their first and last time. ``dead`` is empty if nobody
    is.
    """
    several, held, is_mortal = 0, 0, len(dead) > 0
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        begin, end, before = begins[person], ends[person], held
        for event in range(begin, end):  # branchless, because a branch would be unpredictable
            events[np.uint64(held)] = event
            held += mask[np.uint64(event)]
        if held == before:
            continue
        span[0] = min(span[0], at[events[before]])
        span[1] = max(span[1], at[events[held - 1]])
        people[0, several], people[1, several] = begin, end
        places[several + 1] = held
        several += 1
