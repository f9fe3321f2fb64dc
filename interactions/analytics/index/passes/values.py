"""Passes that count events and revenue by value: texts, products and categories.

Indexes are unsigned numbers where possible, which saves the check for negative ones, a fifth of the time.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled

_EARLIEST: Final = -(1 << 62)
_LATEST: Final = 1 << 62


@compiled
def count_values(
    begins: Any,
    ends: Any,
    events: Any,
    sale: int,
    sale_event: Any,
    sale_revenue: Any,
    sale_starts: Any,
    line_product: Any,
    line_revenue: Any,
    kind: Any,
    wins: Any,
    agent: Any,
    region: Any,
    campaign: Any,
    page: Any,
    agents: Any,
    regions: Any,
    campaigns: Any,
    pages: Any,
    revenue_of_kinds: Any,
    revenue_of_agents: Any,
    revenue_of_regions: Any,
    revenue_of_campaigns: Any,
    revenue_of_pages: Any,
    revenue_of_products: Any,
) -> None:
    """Count events, and those of the types marked by ``wins``, by four columns of codes, and add up the revenue.

    The first row of ``agents``, ``regions``, ``campaigns`` and ``pages`` (int64[codes + 1, 2]) and of their revenues
    (float64[codes + 1]) is for no value. ``sale`` is the first sale that can belong to these events; all sales are of
    marked types.
    """
    is_chosen = len(events) > 0
    # Consecutive events mostly have equal codes, and repeated additions to the same element are slow.
    an_agent, a_region, a_campaign = -1, -1, -1
    of_agent, of_region, of_campaign = 0, 0, 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            if agent[event] != an_agent:
                agents[an_agent + 1, 0] += of_agent
                an_agent, of_agent = agent[event], 0
            if region[event] != a_region:
                regions[a_region + 1, 0] += of_region
                a_region, of_region = region[event], 0
            if campaign[event] != a_campaign:
                campaigns[a_campaign + 1, 0] += of_campaign
                a_campaign, of_campaign = campaign[event], 0
            of_agent += 1
            of_region += 1
            of_campaign += 1
            a_page = np.uint64(page[event] + 1)
            pages[a_page, 0] += 1
            if not wins[kind[event] & 63]:
                continue
            agents[an_agent + 1, 1] += 1
            regions[a_region + 1, 1] += 1
            campaigns[a_campaign + 1, 1] += 1
            pages[a_page, 1] += 1
            place = np.int64(event)
            while sale < len(sale_event) and sale_event[sale] < place:
                sale += 1
            if sale < len(sale_event) and sale_event[sale] == place:
                revenue = sale_revenue[sale]
                revenue_of_kinds[kind[event] & 127] += revenue
                revenue_of_agents[an_agent + 1] += revenue
                revenue_of_regions[a_region + 1] += revenue
                revenue_of_campaigns[a_campaign + 1] += revenue
                revenue_of_pages[a_page] += revenue
                for line in range(sale_starts[sale], sale_starts[sale + 1]):
                    if line_product[line] >= 0:
                        revenue_of_products[line_product[line]] += line_revenue[line]
    agents[an_agent + 1, 0] += of_agent
    regions[a_region + 1, 0] += of_region
    campaigns[a_campaign + 1, 0] += of_campaign


@compiled
def count_categories(
    begins: Any,
    ends: Any,
    events: Any,
    category_starts: Any,
    categories: Any,
    counts: Any,
) -> None:
    """Count events by category. An event names each category once."""
    is_chosen = len(events) > 0
    person = 0
    while person < len(begins):
        begin = begins[person]
        while person + 1 < len(begins) and begins[person + 1] == ends[person]:
            person += 1  # their events are consecutive, so their categories are, too
        end = ends[person]
        person += 1
        if not is_chosen:
            for place in range(category_starts[begin], category_starts[end]):
                counts[categories[place]] += 1
            continue
        for number in range(begin, end):
            event = events[number]
            for place in range(category_starts[event], category_starts[event + 1]):
                counts[categories[place]] += 1


@compiled
def name_products(
    begins: Any,
    ends: Any,
    events: Any,
    at: Any,
    kind: Any,
    product_starts: Any,
    products: Any,
    edges: Any,
    first_bar: int,
    last_bar: int,
    words: int,
    seen: Any,
    slots: Any,
    before: int,
    stamps: Any,
    counts: Any,
) -> None:
    """Mark the products named in each bar, and count the events that name each product.

    ``seen`` (int64[bars * words]) gets a bit per product, for the bars in ``[first_bar, last_bar)``. An event counts
    once per product in ``counts[product, slots[type]]``; column 0 is meaningless. ``stamps`` has the last event that
    counted for a product, and ``before`` is the number of events in earlier runs.
    """
    several = len(edges) - 1
    begin = float(edges[0])
    each = several / max(1.0, float(edges[several]) - begin)
    bar, lower, upper = 0, _LATEST, _EARLIEST
    head, tail, of_bar = 0, 0, first_bar  # products of consecutive events in one bar, marked together
    is_chosen = len(events) > 0
    for person in range(len(begins)):
        for number in range(begins[person], ends[person]):
            event = np.uint64(events[number] if is_chosen else number)
            place, end = product_starts[event], product_starts[event + np.uint64(1)]
            if place == end:
                continue
            moment = at[event]
            if moment < lower or moment >= upper:
                bar = int(min(max((moment - begin) * each, 0.0), several - 1.0))
                while bar > 0 and moment < edges[bar]:
                    bar -= 1
                while bar + 1 < several and moment >= edges[bar + 1]:
                    bar += 1
                lower = edges[bar] if bar else _EARLIEST
                upper = edges[bar + 1] if bar + 1 < several else _LATEST
            if bar != of_bar or place != tail:
                if first_bar <= of_bar < last_bar:
                    row = (of_bar - first_bar) * words
                    for item in range(head, tail):
                        product = products[np.uint64(item)]
                        seen[np.uint64(row + (product >> 6))] |= 1 << (product & 63)
                head, of_bar = place, bar
            tail = end
            slot = slots[kind[event] & 63]
            if end - place == 1 or not slot:
                counts[np.uint64(products[place]), slot] += 1  # for slot 0, too: a branch would be unpredictable
            else:
                stamp = before + np.int64(event)
                for item in range(place, end):
                    product = products[item]
                    if stamps[product] != stamp:
                        stamps[product] = stamp
                        counts[product, slot] += 1
    if first_bar <= of_bar < last_bar:
        row = (of_bar - first_bar) * words
        for item in range(head, tail):
            seen[np.uint64(row + (products[item] >> 6))] |= 1 << (products[item] & 63)
