"""Passes that count by id, and by the result that a miso_id names, with hash tables.

The size of a table is a power of two; the key 0 means an empty row. Callers ensure that a table has room.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

_MIX: Final = -7046029254386353131  # Fibonacci hashing: the golden ratio as a signed number


@compiled
def count_pairs(begins: Any, ends: Any, events: Any, pair: Any, counts: Any) -> None:
    """Count events by pair of ids. Consecutive events mostly have the same pair."""
    code, count, is_chosen = 0, 0, len(events) > 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            if pair[event] != code:
                counts[code] += count
                code, count = pair[event], 0
            count += 1
    if count:
        counts[code] += count


@compiled
def count_results(
    begins: Any,
    ends: Any,
    events: Any,
    kind: Any,
    result: Any,
    bit: int,
    roles: Any,
    block: Any,
    table: Any,
    at: Any,
) -> None:
    """Count the results of events whose kind has the ``bit``.

    ``at`` is the state of the pass: the person, the position among the person's events (-1 for the first), and the
    number of results in the table. The pass stops when a ``block`` more could fill more than half of the table, and
    continues when it's called again, until all people are done.

    Types with the role 2 show a result, 4 is a click. ``table`` (int64[room, 2]) has a result per row, and the sum of 1
    if it has several events, 2 if it was shown, and four times its clicks.
    """
    end, is_chosen = len(table) - 1, len(events) > 0
    person, begin, used = at[0], at[1], at[2]
    while person < len(begins) and 2 * (used + len(block)) <= len(table):
        several = 0
        while person < len(begins):
            if begin < 0:
                begin = begins[person]
            stop = min(ends[person], begin + len(block) - several)
            for number in range(begin, stop):  # without a branch, which nothing could foresee
                event = np.uint64(events[number] if is_chosen else number)
                block[several] = event
                several += (kind[event] >> bit) & 1
            if stop < ends[person]:
                begin = stop
                break
            person, begin = person + 1, -1
        for place in range(several):
            chosen = np.uint64(block[place])
            key = result[chosen]
            slot = ((key * _MIX) >> 20) & end
            while table[slot, 0] != 0 and table[slot, 0] != key:
                slot = (slot + 1) & end
            is_known, role = table[slot, 0] != 0, roles[kind[chosen] & 63]
            table[slot, 0] = key
            table[slot, 1] = ((table[slot, 1] | is_known) | (role & 2)) + (role & 4)
            used += not is_known
    at[0], at[1], at[2] = person, begin, used


@compiled
def add_results(table: Any, more: Any) -> int:
    """Add one table of results to another, which must have room. Returns the number of new keys."""
    end, added = len(more) - 1, 0
    for place in range(len(table)):
        key = table[place, 0]
        if key == 0:
            continue
        slot = ((key * _MIX) >> 20) & end
        while more[slot, 0] != 0 and more[slot, 0] != key:
            slot = (slot + 1) & end
        said = table[place, 1]
        if more[slot, 0] == 0:
            more[slot, 0], more[slot, 1] = key, said
            added += 1
        else:
            more[slot, 1] = (more[slot, 1] + (said >> 2 << 2)) | (said & 2) | 1
    return added


@compiled
def check_quality(
    begins: Any,
    ends: Any,
    events: Any,
    at: Any,
    received: Any,
    kind: Any,
    pair: Any,
    has: Any,
    product_starts: Any,
    about: Any,
    ahead: int,
    oldest: int,
    counts: Any,
) -> None:
    """Count events with a user, with a visitor, with neither, with a placeholder, with a type that ``about`` marks as
    about products, of these with products, with a miso_id, dated more than ``ahead`` µs after receipt, dated before
    ``oldest``, and all events."""
    is_chosen = len(events) > 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            what, ids = kind[event], has[pair[event]]
            counts[0] += ids & 1
            counts[1] += ids >> 1 & 1
            counts[2] += ids == 0
            counts[3] += what >> 7
            counts[6] += what >> 6 & 1
            if about[what & 63]:
                counts[4] += 1
                counts[5] += product_starts[event + np.uint64(1)] > product_starts[event]
            counts[7] += at[event] > received[event] + ahead
            counts[8] += at[event] < oldest
            counts[9] += 1


@compiled
def span_pairs(begins: Any, ends: Any, events: Any, at: Any, pair: Any, earliest: Any, latest: Any) -> None:
    """Update the first and last time of each pair of ids."""
    is_chosen = len(events) > 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            code = pair[event]
            earliest[code] = min(earliest[code], at[event])
            latest[code] = max(latest[code], at[event])
