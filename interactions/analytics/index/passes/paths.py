"""Passes along what each person did: how far they get, and what follows a search."""

from __future__ import annotations

from typing import Any

from interactions.queries.later import compiled


@compiled
def step(
    starts: Any,
    first: int,
    last: int,
    dead: Any,
    mask: Any,
    at: Any,
    kind: Any,
    steps: Any,
    took: Any,
    counts: Any,
) -> None:
    """Count who reaches each step; ``took`` (a row a step) gets how long it took since the step before, in µs.

    ``steps[type]`` has the bit n where the type takes a person to step n. A step is reached with the first event at or
    after the one before: events of one moment are in any order.
    """
    is_masked = len(mask) > 0
    for person in range(first, last):
        if len(dead) and dead[person]:
            continue
        begin, end = starts[person], starts[person + 1]
        event, reached = begin, 0
        for place in range(len(counts)):
            while event < end and not ((steps[kind[event] & 63] >> place) & 1 and not (is_masked and not mask[event])):
                event += 1
            if event == end:
                break
            if place:
                took[place, counts[place]] = at[event] - reached
            counts[place] += 1
            reached = at[event]
            while event > begin and at[event - 1] == reached:
                event -= 1


@compiled
def follow(
    starts: Any,
    first: int,
    last: int,
    dead: Any,
    mask: Any,
    at: Any,
    kind: Any,
    keywords: Any,
    nobody: int,
    search: int,
    follows: Any,
    within: int,
    searches: Any,
    followed: Any,
) -> None:
    """Count the searches for each of the ``keywords``, and those that are followed within so many µs.

    The type ``search`` is a search, types that ``follows`` marks follow one, inside or outside the mask.
    """
    is_masked = len(mask) > 0
    for person in range(first, last):
        if len(dead) and dead[person]:
            continue
        event, begin = starts[person + 1] - 1, starts[person]
        following, is_any = 0, False
        while event >= begin:
            moment, head = at[event], event
            while head >= begin and at[head] == moment:
                if follows[kind[head] & 63]:
                    following, is_any = moment, not nobody
                head -= 1
            for place in range(head + 1, event + 1):
                if kind[place] & 63 == search and keywords[place] >= 0 and not (is_masked and not mask[place]):
                    searches[keywords[place]] += 1
                    followed[keywords[place]] += is_any and following - moment <= within
            event = head
