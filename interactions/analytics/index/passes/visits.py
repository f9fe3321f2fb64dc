"""Passes that count events and visits by the bars of a chart, and by local time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

_EARLIEST: Final = -(1 << 62)
_LATEST: Final = 1 << 62
_HOUR: Final = 3_600_000_000
_THURSDAY: Final = 72  # hours since Monday: 1970 began on a Thursday


@compiled
def visit(
    begins: Any,
    ends: Any,
    events: Any,
    heads: Any,
    at: Any,
    kind: Any,
    nobody: int,
    quiet: int,
    edges: Any,
    checkout: int,
    refund: int,
    sale: int,
    sale_event: Any,
    sale_revenue: Any,
    counts: Any,
    sessions: Any,
    people: Any,
    spans: Any,
    total: Any,
    revenue: Any,
    refunds: Any,
) -> None:
    """Count events by bar and kind, the sessions that begin in each bar, and the people in it, and add up the revenue
    of checkouts and the amounts of refunds.

    ``edges`` are the starts of the bars and the end of the last. ``counts`` (int64[bars, 128]) has a column per kind
    without its highest bit; ``spans`` (int64[2, 64]) gets the first and last time of each type; ``total`` counts
    people. A session ends after ``quiet`` µs. Events of ``nobody`` don't make sessions or people.

    ``sale`` is the first sale that can belong to these events; all sales have the type ``checkout`` or ``refund``. If
    ``heads`` isn't empty, people have several pieces of events, and it's 1 for the first one.
    """
    several = len(edges) - 1
    begin = float(edges[0])
    each = several / max(1.0, float(edges[several]) - begin)  # bars have nearly the same length
    bar, lower, upper = 0, _LATEST, _EARLIEST
    is_chosen, is_cut = len(events) > 0, len(heads) > 0
    seen, soon = -1, _EARLIEST  # the time from which on an event begins another session
    for person in range(len(begins)):
        if not is_cut or heads[person]:
            total[0] += seen >= 0
            seen, soon = -1, _EARLIEST
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            moment = at[event]
            if moment < lower or moment >= upper:
                bar = int(min(max((moment - begin) * each, 0.0), several - 1.0))
                while bar > 0 and moment < edges[bar]:
                    bar -= 1
                while bar + 1 < several and moment >= edges[bar + 1]:
                    bar += 1
                lower = edges[bar] if bar else _EARLIEST
                upper = edges[bar + 1] if bar + 1 < several else _LATEST
            what = kind[event] & 127
            counts[np.uint64(bar), what] += 1
            what &= 63
            if moment < spans[0, what]:
                spans[0, what] = moment
            if moment > spans[1, what]:
                spans[1, what] = moment
            if (what == checkout) | (what == refund):
                place = np.int64(event)
                while sale < len(sale_event) and sale_event[sale] < place:
                    sale += 1
                if sale < len(sale_event) and sale_event[sale] == place:
                    if what == checkout:
                        revenue[bar] += sale_revenue[sale]
                    else:
                        refunds[bar] += sale_revenue[sale]
            if nobody:
                continue
            if bar != seen:
                people[bar] += 1
                seen = bar
            if moment >= soon:
                sessions[bar] += 1
            soon = moment + quiet
    total[0] += seen >= 0


@compiled
def tell_clock(
    begins: Any,
    ends: Any,
    events: Any,
    at: Any,
    edges: Any,
    offsets: Any,
    hours: Any,
    days: Any,
    first_day: int,
) -> None:
    """Count events by hour of the week, from Monday, and by local day since 1970, starting with ``first_day``.

    From ``edges[n]`` to ``edges[n + 1]`` the offset from UTC is ``offsets[n]`` µs.
    """
    several = len(offsets)
    slot, day, count, lower, upper = 0, 0, 0, _LATEST, _EARLIEST  # of the current hour
    is_chosen = len(events) > 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            moment = at[event]
            if moment < lower or moment >= upper:
                if count:
                    hours[slot] += count
                    days[day] += count
                    count = 0
                place, end = 0, several
                while end - place > 1:
                    middle = (place + end) // 2
                    if edges[middle] <= moment:
                        place = middle
                    else:
                        end = middle
                hour = (moment + offsets[place]) // _HOUR
                slot, day = (hour + _THURSDAY) % 168, hour // 24 - first_day
                lower = hour * _HOUR - offsets[place]
                upper = lower + _HOUR
                if place:
                    lower = max(lower, edges[place])
                if place + 1 < several:
                    upper = min(upper, edges[place + 1])
            count += 1
    if count:
        hours[slot] += count
        days[day] += count


@compiled
def mark_days(begins: Any, ends: Any, events: Any, at: Any, day: int, first_day: int, there: Any) -> None:
    """Mark the UTC days, ``day`` µs long, with events."""
    lower, upper = _LATEST, _EARLIEST
    is_chosen = len(events) > 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            moment = at[event]
            if moment >= lower and moment < upper:
                continue
            place = moment // day
            there[place - first_day] = 1
            lower, upper = place * day, (place + 1) * day


@compiled
def receive(begins: Any, ends: Any, events: Any, received: Any, source: Any, edges: Any, counts: Any) -> None:
    """Count events by the bar in which they were received: imported ones in ``counts[0]``, live ones in ``counts[1]``.

    Events received before the first of the ``edges`` don't count; the last bar has no end.
    """
    several = len(edges)
    bar, lower, upper = -1, _LATEST, _EARLIEST
    is_chosen = len(events) > 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            moment = received[event]
            if moment < lower or moment >= upper:
                bar = -1
                while bar + 1 < several and moment >= edges[bar + 1]:
                    bar += 1
                lower = edges[bar] if bar >= 0 else _EARLIEST
                upper = edges[bar + 1] if bar + 1 < several else _LATEST
            if bar >= 0:
                counts[1 if source[event] == 0 else 0, bar] += 1
