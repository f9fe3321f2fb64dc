"""Passes that measure events by the group of their values.

A value's code becomes a group by a ``table``: that of code ``c`` is ``table[c + 1]``, and ``table[0]`` is for no value.
Group 0 means no value. If ``starts`` is empty, ``codes`` has a code per event; else the codes of event ``e`` are
``codes[starts[e] : starts[e + 1]]``. An event counts for each of its groups, and for group 0 only if it has no other.

Passes go over people, from ``begins`` to ``ends``, or over pieces of time for events of nobody, and skip those that are
``dead`` (uint8[people]) and events that the ``mask`` excludes; both can be empty. ``edges`` are the starts of the bars
and the end of the last. What is counted counts once per group and bar: ``last`` (int64[groups]) has what counted last,
and ``total`` how much there is in all bars; a thread keeps both from one part of the people to the next.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

_EARLIEST: Final = -(1 << 62)
_LATEST: Final = 1 << 62
_PEOPLE: Final = 1
_SESSIONS: Final = 2


@compiled
def _bar_of(moment: int, edges: Any, begin: float, each: float) -> int:
    """The bar of a moment. Bars have nearly the same length: ``each`` is how many there are in a µs."""
    last = len(edges) - 2
    bar = int(min(max((moment - begin) * each, 0.0), float(last)))
    while bar > 0 and moment < edges[bar]:
        bar -= 1
    while bar < last and moment >= edges[bar + 1]:
        bar += 1
    return bar


@compiled
def count(
    begins: Any,
    ends: Any,
    dead: Any,
    mask: Any,
    at: Any,
    starts: Any,
    codes: Any,
    table: Any,
    edges: Any,
    what: int,
    quiet: int,
    total: Any,
    last: Any,
    counts: Any,
) -> None:
    """Count events (``what`` is 0), people (1) or sessions (2) by group and bar, in ``counts`` (int64[groups, bars]).

    A session ends after ``quiet`` µs, and counts in the bar where it begins.
    """
    several = len(edges) - 1
    begin = float(edges[0])
    each = several / max(1.0, float(edges[several]) - begin)
    bar, lower, upper = 0, _LATEST, _EARLIEST
    is_masked, is_list, is_mortal = len(mask) > 0, len(starts) > 0, len(dead) > 0
    is_timed = several > 1 or what == _SESSIONS  # else times don't matter, and reading them takes most of the time
    stamp = total[0]
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        soon = _EARLIEST  # the time from which on an event counts for another session
        is_new = what == _PEOPLE
        for number in range(begins[person], ends[person]):
            event = np.uint64(number)
            if is_masked and not mask[event]:
                continue
            moment, is_placed = _LATEST, is_timed
            if is_timed:
                moment = at[event]
            if what == _SESSIONS:
                is_placed = moment >= soon
                soon = moment + quiet
                stamp += is_placed
            elif what == _PEOPLE:
                stamp += is_new
                is_new = False
            else:
                stamp += 1
            if is_placed and (moment < lower or moment >= upper):
                bar = _bar_of(moment, edges, begin, each)
                lower = edges[bar] if bar else _EARLIEST
                upper = edges[bar + 1] if bar + 1 < several else _LATEST
            key = stamp * several + bar
            if not is_list:  # by far the most frequent case
                group = np.uint64(table[np.uint64(np.int64(codes[event]) + 1)])
                if last[group] != key:
                    last[group] = key
                    counts[group, bar] += 1
                continue
            end, is_none = starts[event + np.uint64(1)], True
            for item in range(starts[event], end + 1):
                group = np.uint64(0)
                if item < end:
                    group = np.uint64(table[np.uint64(np.int64(codes[item]) + 1)])
                    if not group:
                        continue
                    is_none = False
                elif not is_none:
                    continue
                if last[group] != key:
                    last[group] = key
                    counts[group, bar] += 1
    total[0] = stamp


@compiled
def count_people(
    begins: Any, ends: Any, dead: Any, mask: Any, codes: Any, table: Any, total: Any, last: Any, counts: Any
) -> None:
    """Count people by group as :func:`count` does, if there is a single bar, and events have one code each.

    No branch depends on the mask, which is unpredictable.
    """
    is_masked, is_mortal, stamp = len(mask) > 0, len(dead) > 0, total[0]
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        is_there = np.uint8(0)
        for number in range(begins[person], ends[person]):
            event = np.uint64(number)
            passes = mask[event] if is_masked else np.uint8(1)
            is_there |= passes
            group = np.uint64(table[np.uint64(np.int64(codes[event]) + 1)])
            if passes & (last[group] != stamp + 1):
                last[group] = stamp + 1
                counts[group, 0] += 1
        stamp += is_there
    total[0] = stamp


@compiled
def convert(
    begins: Any,
    ends: Any,
    dead: Any,
    mask: Any,
    at: Any,
    kind: Any,
    goals: Any,
    starts: Any,
    codes: Any,
    table: Any,
    edges: Any,
    total: Any,
    last: Any,
    counts: Any,
) -> None:
    """Count the people by group and bar, and those of them with an event in that bar of a type that ``goals`` marks.

    ``counts`` (int64[groups, 2 * bars]) has both numbers of a bar side by side, and ``total`` (int64[2]) those of all.
    """
    several = len(edges) - 1
    is_masked, is_list, is_mortal = len(mask) > 0, len(starts) > 0, len(dead) > 0
    stamp = total[0]
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        number, bar = begins[person], 0
        while number < ends[person]:
            while bar + 1 < several and at[number] >= edges[bar + 1]:
                bar += 1
            until = edges[bar + 1] if bar + 1 < several else _LATEST
            stop, won, is_there = number, 0, not is_masked
            while stop < ends[person] and at[stop] < until:
                event = np.uint64(stop)
                if not is_masked or mask[event]:
                    is_there = True
                    if goals[kind[event] & 63]:
                        won = 1
                stop += 1
            stamp += is_there
            total[1] += won
            for place in range(number, stop):
                event = np.uint64(place)
                if is_masked and not mask[event]:
                    continue
                begin, end, is_none = place, place + 1, True
                if is_list:
                    begin, end = starts[event], starts[event + np.uint64(1)]
                for item in range(begin, end + 1):
                    group = np.uint64(0)
                    if item < end:
                        group = np.uint64(table[np.uint64(np.int64(codes[item]) + 1)])
                        if not group:
                            continue
                        is_none = False
                    elif not is_none:
                        continue
                    if last[group] != stamp:
                        last[group] = stamp
                        counts[group, 2 * bar] += 1
                        counts[group, 2 * bar + 1] += won
            number = stop
    total[0] = stamp


@compiled
def convert_people(
    begins: Any,
    ends: Any,
    dead: Any,
    mask: Any,
    kind: Any,
    goals: Any,
    codes: Any,
    table: Any,
    total: Any,
    last: Any,
    counts: Any,
) -> None:
    """Count as :func:`convert` does, if there is a single bar, and events have one code each.

    As in :func:`count_people`, no branch depends on the mask.
    """
    is_masked, is_mortal, stamp = len(mask) > 0, len(dead) > 0, total[0]
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        is_there = won = np.uint8(0)
        for number in range(begins[person], ends[person]):
            event = np.uint64(number)
            passes = mask[event] if is_masked else np.uint8(1)
            is_there |= passes
            won |= passes & goals[kind[event] & 63]
        for number in range(begins[person], ends[person] if is_there else begins[person]):
            event = np.uint64(number)
            passes = mask[event] if is_masked else np.uint8(1)
            group = np.uint64(table[np.uint64(np.int64(codes[event]) + 1)])
            if passes & (last[group] != stamp + 1):
                last[group] = stamp + 1
                counts[group, 0] += 1
                counts[group, 1] += won
        stamp += is_there
        total[1] += won
    total[0] = stamp


@compiled
def earn(
    chosen: Any,
    at: Any,
    sale_event: Any,
    sale_revenue: Any,
    lines: Any,
    starts: Any,
    codes: Any,
    table: Any,
    edges: Any,
    total: Any,
    last: Any,
    sums: Any,
) -> None:
    """Add up the revenue of the ``chosen`` sales by group and bar, in ``sums`` (float64[groups, bars]).

    If ``lines`` isn't empty, it's the revenue of each code, and ``starts`` are by sale, not by event: the revenue of a
    sale is divided among its codes. ``total`` is float64[1].
    """
    several = len(edges) - 1
    begin = float(edges[0])
    each = several / max(1.0, float(edges[several]) - begin)
    is_list, is_divided = len(starts) > 0, len(lines) > 0
    for sale in chosen:
        number, revenue = sale_event[sale], sale_revenue[sale]
        bar = _bar_of(at[number], edges, begin, each) if several > 1 else 0
        total[0] += revenue
        first, end, is_none = number, number + 1, True
        if is_list:
            of = sale if is_divided else number
            first, end = starts[of], starts[of + 1]
        if is_divided:
            for item in range(first, end):
                sums[table[np.int64(codes[item]) + 1], bar] += lines[item]
            if first < end:
                continue
        for item in range(first, end + 1):
            group = np.int64(0)
            if item < end:
                group = np.int64(table[np.int64(codes[item]) + 1])
                if not group:
                    continue
                is_none = False
            elif not is_none:
                continue
            if last[group] != sale + 1:
                last[group] = sale + 1
                sums[group, bar] += revenue


@compiled
def name_products(
    begins: Any,
    ends: Any,
    dead: Any,
    mask: Any,
    at: Any,
    starts: Any,
    codes: Any,
    table: Any,
    product_starts: Any,
    products: Any,
    edges: Any,
    first_cell: int,
    last_cell: int,
    places: Any,
    found: Any,
) -> None:
    """Collect the products named by the events of each cell: group ``g`` and bar ``b`` are the cell ``g * bars + b``.

    If ``found`` is empty, ``places`` (int64[cells]) only counts them. Else it has the position in ``found`` (int32) of
    the next product of each cell; cells outside ``[first_cell, last_cell)`` are left out.
    """
    several = len(edges) - 1
    begin = float(edges[0])
    each = several / max(1.0, float(edges[several]) - begin)
    bar, lower, upper = 0, _LATEST, _EARLIEST
    is_masked, is_list, is_counting = len(mask) > 0, len(starts) > 0, len(found) == 0
    is_mortal = len(dead) > 0
    for person in range(len(begins)):
        if is_mortal and dead[person]:
            continue
        for number in range(begins[person], ends[person]):
            event = np.uint64(number)
            head, tail = product_starts[event], product_starts[event + np.uint64(1)]
            if head == tail or (is_masked and not mask[event]):
                continue
            moment = at[event]
            if moment < lower or moment >= upper:
                bar = _bar_of(moment, edges, begin, each)
                lower = edges[bar] if bar else _EARLIEST
                upper = edges[bar + 1] if bar + 1 < several else _LATEST
            place, end, is_none = number, number + 1, True
            if is_list:
                place, end = starts[event], starts[event + np.uint64(1)]
            for item in range(place, end + 1):
                group = np.int64(0)
                if item < end:
                    group = np.int64(table[np.int64(codes[item]) + 1])
                    if not group:
                        continue
                    is_none = False
                elif not is_none:
                    continue
                cell = group * several + bar
                if is_counting:
                    places[cell] += tail - head
                elif first_cell <= cell < last_cell:
                    for product in range(head, tail):
                        found[places[cell] + product - head] = products[product]
                    places[cell] += tail - head


@compiled
def count_different(
    cells: Any, found: Any, first_cell: int, last_cell: int, offset: int, stamps: Any, counts: Any
) -> None:
    """Count the different products of each cell in ``[first_cell, last_cell)``.

    Those of cell ``c`` are ``found[cells[c] - offset : cells[c + 1] - offset]``. ``stamps`` (int64[products]) has 1
    more than the last cell that counted each product.
    """
    for cell in range(first_cell, last_cell):
        for place in range(cells[cell] - offset, cells[cell + 1] - offset):
            product = np.uint64(found[place])
            counts[cell] += stamps[product] != cell + 1
            stamps[product] = cell + 1
