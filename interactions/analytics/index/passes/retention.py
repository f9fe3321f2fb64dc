"""A pass that counts who comes back, and how long after they first came."""

from __future__ import annotations

from typing import Any

import numpy as np

from interactions.analytics.index.loops import compiled


@compiled
def return_to(begins: Any, ends: Any, mask: Any, at: Any, kind: Any, roles: Any, edges: Any, counts: Any) -> None:
    """Count people by the bar of their first event and by each bar in which they come back.

    ``roles`` are by type: with bit 1 its events can be a person's first, with bit 2 a return. Bars begin at ``edges``,
    the last of which ends the last bar: no event is after it. Someone who first came before them isn't counted.

    ``counts`` int64[bars, bars + 1] has a row for each bar of first events: in column 0 the people, in column ``n + 1``
    those who came back ``n`` bars later, with an event at or after their first. Events with the same time are in any
    order.
    """
    several = len(edges) - 1
    is_masked = len(mask) > 0
    for person in range(len(begins)):
        begin, end = begins[person], ends[person]
        number = begin
        while number < end:
            event = np.uint64(number)
            if roles[kind[event] & 63] & 1 and (not is_masked or mask[event]):
                break
            number += 1
        if number == end or at[number] < edges[0]:
            continue
        moment, first = at[number], 0
        while first + 1 < several and moment >= edges[first + 1]:
            first += 1
        counts[first, 0] += 1
        while number > begin and at[number - 1] == moment:
            number -= 1
        bar, seen = first, -1
        while number < end:
            event = np.uint64(number)
            number += 1
            if not roles[kind[event] & 63] & 2 or (is_masked and not mask[event]):
                continue
            while bar + 1 < several and at[event] >= edges[bar + 1]:
                bar += 1
            if bar != seen:
                counts[first, bar - first + 1] += 1
                seen = bar
