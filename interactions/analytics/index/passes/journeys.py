"""Passes along each person's events in their order, from a start on: paths."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

_NO_NUMBER: Final = 1 << 40


@compiled
def trace(
    begins: Any,
    ends: Any,
    mask: Any,
    at: Any,
    column: Any,
    shift: int,
    numbers: Any,
    is_start: Any,
    is_back: int,
    within: int,
    quiet: int,
    is_by_session: int,
    is_folded: int,
    rows: Any,
) -> int:
    """Write the steps of each path to ``rows`` (int32[paths, steps + 1]): the start, and what follows, -1 after the
    end. Returns the number of paths.

    A step is the number of an event's value, ``numbers[column[event] + shift]``; events with -1 have none. Events of
    one moment are in the order of their numbers. A person has a path from the first event whose number ``is_start``
    (uint8[numbers]) marks; with ``is_by_session``, one from the first in each session. A path ends ``within`` µs after
    its start or, if that is negative, with the session: before a pause of ``quiet`` µs. With ``is_folded``, equal steps
    in a row are one. With ``is_back``, time goes backwards, and so must the numbers.
    """
    is_masked, steps, held = len(mask) > 0, rows.shape[1] - 1, 0
    for person in range(len(begins)):
        first, several, sign = begins[person], ends[person] - begins[person], 1
        if is_back:
            first, sign = ends[person] - 1, -1
        place, last, is_waiting = 0, at[first], True
        while place < several:
            event = np.uint64(first + sign * place)
            place += 1
            if is_masked and not mask[event]:
                continue
            moment = at[event]
            if is_by_session and abs(moment - last) >= quiet:
                is_waiting = True
            last = moment
            if not is_waiting:
                continue
            start = numbers[column[event] + shift]
            if start < 0 or not is_start[start]:
                continue
            is_waiting = False
            # The moment's first start in order, and where its events begin.
            group, other = place - 1, place
            while group > 0 and at[np.uint64(first + sign * (group - 1))] == moment:
                group -= 1
            while other < several:
                event = np.uint64(first + sign * other)
                if at[event] != moment:
                    break
                number = numbers[column[event] + shift]
                if 0 <= number < start and is_start[number] and (not is_masked or mask[event]):
                    start = number
                other += 1
            rows[held, 0] = start
            found, before, now = 0, start, moment
            above, copies_done = start - 1, 1  # of the first moment only what follows the start counts
            while found < steps and group < several:
                then = at[np.uint64(first + sign * group)]
                tail, is_passing = group, False
                while tail < several:
                    event = np.uint64(first + sign * tail)
                    if at[event] != then:
                        break
                    if not is_masked or mask[event]:
                        is_passing = True
                    tail += 1
                if is_passing:
                    if within >= 0:
                        if abs(then - moment) > within:
                            break
                    elif abs(then - now) >= quiet:
                        break
                    now = then
                while is_passing and found < steps:
                    least, copies = _NO_NUMBER, 0
                    for inner in range(group, tail):
                        event = np.uint64(first + sign * inner)
                        if is_masked and not mask[event]:
                            continue
                        number = numbers[column[event] + shift]
                        if number <= above or number > least:
                            continue
                        if number < least:
                            least, copies = number, 0
                        copies += 1
                    if copies == 0:
                        break
                    above = least
                    copies -= copies_done
                    copies_done = 0
                    if is_folded:
                        copies = 0 if least == before else 1
                    before = least
                    while copies > 0 and found < steps:
                        found += 1
                        rows[held, found] = least
                        copies -= 1
                    if tail - group == 1:
                        break
                group, above = tail, -1
            while found < steps:
                found += 1
                rows[held, found] = -1
            held += 1
            if not is_by_session:
                break
    return held


@compiled
def unfold(
    begins: Any,
    ends: Any,
    mask: Any,
    at: Any,
    starts: Any,
    codes: Any,
    numbers: Any,
    last: Any,
    to_begins: Any,
    to_ends: Any,
    to_at: Any,
    to_numbers: Any,
) -> None:
    """Write the time and the number of each different value of the events that pass, and where each person's begin.

    The values of an event have the numbers ``numbers[code + 1]`` of ``codes[starts[event] : starts[event + 1]]``, -1
    for none; an event without a value gets -1 itself. ``last`` (int64[numbers], -1 at first) has the event that named
    each value last.
    """
    is_masked, held = len(mask) > 0, 0
    for person in range(len(begins)):
        to_begins[person] = held
        for number in range(begins[person], ends[person]):
            event = np.uint64(number)
            if is_masked and not mask[event]:
                continue
            head = held
            for item in range(starts[event], starts[event + np.uint64(1)]):
                value = numbers[np.int64(codes[np.uint64(item)]) + 1]
                if value >= 0 and last[value] != number:
                    last[value] = number
                    to_at[held], to_numbers[held] = at[event], value
                    held += 1
            if held == head:
                to_at[held], to_numbers[held] = at[event], -1
                held += 1
        to_ends[person] = held


@compiled
def tally(rows: Any, slots: Any, base: int, counts: Any) -> None:
    """Count paths by the slots of their steps: ``slots`` (uint8[steps + 1, numbers + 1]) has one per number, the last
    for -1. ``counts`` has a place for each combination: the slots are its digits in ``base``."""
    for row in range(len(rows)):
        place = 0
        for step in range(rows.shape[1]):
            place = place * base + slots[step, rows[row, step]]
        counts[place] += 1
