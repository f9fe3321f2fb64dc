"""A pass that counts who comes back, and how long after they first came."""

from __future__ import annotations

from typing import Any

from interactions.analytics.index.loops import compiled


@compiled
def return_to(begins: Any, ends: Any, events: Any, at: Any, kind: Any, roles: Any, edges: Any, counts: Any) -> None:
    """Count people by the bar of their first event and by each bar in which they come back.

    Types have ``roles``: with the bit 1 they are a first event, with the bit 2 a return. Bars begin at ``edges``, the
    last of which ends the last bar: no event is after it. Someone who first came before them isn't counted.

    ``counts`` int64[bars, bars + 1] has a row for each bar of first events: in column 0 the people, in column ``n + 1``
    those who came back ``n`` bars later, with an event at or after their first. Events of one moment are in any order.
    """
    several = len(edges) - 1
    is_chosen = len(events) > 0
    for person in range(len(begins)):
        number, end = begins[person], ends[person]
        while number < end and not roles[kind[events[number] if is_chosen else number] & 63] & 1:
            number += 1
        if number == end:
            continue
        moment = at[events[number] if is_chosen else number]
        if moment < edges[0]:
            continue
        first = 0
        while first + 1 < several and moment >= edges[first + 1]:
            first += 1
        counts[first, 0] += 1
        while number > begins[person] and at[events[number - 1] if is_chosen else number - 1] == moment:
            number -= 1
        bar, seen = first, -1
        while number < end:
            event = events[number] if is_chosen else number
            number += 1
            if not roles[kind[event] & 63] & 2:
                continue
            while bar + 1 < several and at[event] >= edges[bar + 1]:
                bar += 1
            if bar != seen:
                counts[first, bar - first + 1] += 1
                seen = bar
