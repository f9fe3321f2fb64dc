"""Passes along each person's events: funnels and followed searches."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

_EARLIEST: Final = -(1 << 62)


@compiled
def step(
    begins: Any,
    ends: Any,
    mask: Any,
    at: Any,
    kind: Any,
    steps: Any,
    took: Any,
    counts: Any,
) -> None:
    """Count the people who reach each step. ``took`` (a row per step) gets the times since the previous step, in µs.

    ``steps[type]`` has bit n set if the type completes step n. A step is reached with the first event at or after the
    previous step: events with the same time are in any order.
    """
    is_masked = len(mask) > 0
    for person in range(len(begins)):
        begin, end = begins[person], ends[person]
        number, reached = begin, 0
        for place in range(len(counts)):
            while number < end:
                event = np.uint64(number)
                if (steps[kind[event] & 63] >> place) & 1 and (not is_masked or mask[event]):
                    break
                number += 1
            if number == end:
                break
            if place:
                took[place, counts[place]] = at[number] - reached
            counts[place] += 1
            reached = at[number]
            while number > begin and at[number - 1] == reached:
                number -= 1


@compiled
def follow(
    begins: Any,
    ends: Any,
    mask: Any,
    at: Any,
    kind: Any,
    keywords: Any,
    nobody: int,
    roles: Any,
    within: int,
    searches: Any,
    followed: Any,
) -> None:
    """Count the searches for each of the ``keywords``, and those that are followed ``within`` µs.

    Types with the role 1 follow a search, even if the mask excludes them; 2 is a search.
    """
    is_masked = len(mask) > 0
    for person in range(len(begins)):
        begin, end = begins[person], ends[person]
        head, group, following = begin, _EARLIEST, begin  # first event with the same time; next event
        for number in range(begin, end):
            event = np.uint64(number)
            if roles[kind[event] & 63] != 2 or keywords[event] < 0 or (is_masked and not mask[event]):
                continue
            searches[keywords[event]] += 1
            if nobody:
                continue
            moment = at[event]
            if moment != group:
                group, head = moment, number
                while head > begin and at[head - 1] == moment:
                    head -= 1
                following = max(following, head)
            while following < end and roles[kind[np.uint64(following)] & 63] != 1:
                following += 1
            followed[keywords[event]] += following < end and at[following] - moment <= within
