"""A pass that finds each person's best attempt to go through the steps of a funnel."""

from __future__ import annotations

from typing import Any

import numpy as np

from interactions.analytics.index.loops import compiled


@compiled
def attempt(
    begins: Any,
    ends: Any,
    dead: Any,
    mask: Any,
    at: Any,
    kind: Any,
    steps: Any,
    window: int,
    starts: Any,
    column: Any,
    shift: int,
    numbers: Any,
    work: Any,
    reached: Any,
    depths: Any,
    groups: Any,
) -> int:
    """Write the best attempt of each person who has any and isn't ``dead``. Returns the number of these people.

    ``steps[kind & 63]`` has bit n set if the event completes step n. An attempt starts with an event of step 0, and
    reaches each further step with the first event at or after the previous one, at most ``window`` µs after its start.
    Events of one moment are in any order. The best attempt is the first of those that reach most steps: ``depths`` gets
    their number, ``reached`` (int64[people, steps]) when each was reached, and ``groups`` the least of the numbers
    ``numbers[column[event] + shift]`` of the events that start it, -1 if they have none. If ``starts`` isn't empty, an
    event has several: of ``column[starts[event] : starts[event + 1]]``.

    Later attempts are never earlier at any step, so each step is looked for from where the last attempt found it:
    ``work`` (int64[3, steps]) has that place, the place of the previous step for which it holds, and the attempt. If
    that was too late, only attempts that start within the window before it can get further.
    """
    is_masked, is_list, is_mortal = len(mask) > 0, len(starts) > 0, len(dead) > 0
    several, held = reached.shape[1], 0
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        begin, end = begins[person], ends[person]
        for step in range(several):
            work[0, step], work[1, step] = begin, -1
        number, best, limit = begin, 0, several
        while best < limit:
            while number < end:
                event = np.uint64(number)
                if steps[kind[event] & 63] & (mask[event] if is_masked else 1):  # one unpredictable branch, not two
                    break
                number += 1
            if number == end:
                break
            moment = at[np.uint64(number)]
            depth, before, soonest = 1, number, moment + 1
            work[2, 0] = moment
            while depth < limit:
                if work[1, depth] != before:
                    head = before
                    while head > begin and at[head - 1] == at[before]:
                        head -= 1
                    work[1, depth] = before
                    work[0, depth] = max(work[0, depth], head)
                place = work[0, depth]
                while place < end:
                    event = np.uint64(place)
                    if (steps[kind[event] & 63] >> depth) & 1 and (not is_masked or mask[event]):
                        break
                    place += 1
                work[0, depth] = place
                if place == end:
                    limit = depth  # for all later attempts, too
                    break
                if at[place] - moment > window:
                    soonest = at[place] - window
                    break
                work[2, depth] = at[place]
                before = place
                depth += 1
            if depth > best:
                best = depth
                for step in range(depth):
                    reached[held, step] = work[2, step]
                group, other = -1, number
                while other < end and at[other] == moment:
                    event = np.uint64(other)
                    if steps[kind[event] & 63] & 1 and (not is_masked or mask[event]):
                        first, until = other, other + 1
                        if is_list:
                            first, until = starts[event], starts[event + np.uint64(1)]
                        for item in range(first, until):
                            value = numbers[column[np.uint64(item)] + shift]
                            if value >= 0 and (group < 0 or value < group):
                                group = value
                    other += 1
                groups[held] = group
            while number < end and at[np.uint64(number)] < soonest:
                number += 1
        if best:
            depths[held] = best
            held += 1
    return held
