"""Take, concatenate and sort events, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from interactions.analytics.index.loops import compiled
from interactions.analytics.index.people import Persons
from interactions.analytics.index.run import Events, Run

FLAT: Final = (
    "at", "received", "kind", "source", "pair", "agent", "region", "locale", "campaign", "page", "keywords", "result",
)  # fmt: skip
LISTS: Final = (
    ("product_starts", ("products",)),
    ("category_starts", ("categories",)),
    ("custom_starts", ("customs",)),
)
LINES: Final = ("sale_starts", ("line_product", "line_revenue"))


def starts_of(lengths: np.ndarray) -> np.ndarray:
    """Where each list begins, and where the last one ends (int64[n + 1])."""
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def within(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The concatenated ranges ``[start, end)`` (int64)."""
    lengths = ends - starts
    total = int(lengths.sum())
    if not total:
        return np.empty(0, np.int64)
    found = np.empty(total, np.int64)
    _fill_ranges(np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64), found)
    return found


def taken(events: Events, places: np.ndarray) -> Events:
    """The events at these positions, in this order."""
    columns = {name: getattr(events, name)[places] for name in FLAT}
    for starts, values in LISTS:
        columns |= _lists_taken(events, starts, values, places)
    return Events(**columns, **_sales_taken(events, places))


def joined(pieces: Sequence[Events]) -> Events:
    """Concatenate the events of one or more pieces."""
    if len(pieces) == 1:
        return pieces[0]
    columns = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in FLAT}
    for starts, values in (*LISTS, LINES):
        columns[starts] = _starts_joined([getattr(piece, starts) for piece in pieces])
        columns |= {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in values}
    before = np.cumsum([0, *(len(piece) for piece in pieces[:-1])])
    sales = [piece.sale_event + begin for piece, begin in zip(pieces, before, strict=True)]
    columns["sale_event"] = np.concatenate(sales)
    columns["sale_revenue"] = np.concatenate([piece.sale_revenue for piece in pieces])
    return Events(**columns)


def run_of(events: Events, rank: np.ndarray, people: Persons) -> Run:
    """A run of ``events``, given the index of each one's person in ``people``, who are in run order.

    If the events are already sorted, the run shares their arrays. People without events are left out.
    """
    counts = np.bincount(rank, minlength=len(people.keys))
    starts = np.concatenate([[0], np.cumsum(counts)])
    order = np.empty(len(events), np.int64)
    _order(rank, starts[:-1].copy(), starts, events.at, events.received, order, np.empty(len(events), np.int64))
    there = counts > 0
    is_in_order = np.array_equal(order, np.arange(len(order)))
    ordered = events if is_in_order else taken(events, order)
    return as_run(ordered, Persons(people.keys[there], people.alone[there]), starts[np.r_[True, there]])


def nobodys(events: Events) -> Run:
    """A run of events that name nobody."""
    ordered = taken(events, np.lexsort((events.received, events.at)))
    return as_run(ordered, Persons(np.empty(0, np.int64), np.empty(0, np.uint8)), np.zeros(1, np.int64), nobody=True)


def as_run(events: Events, people: Persons, starts: np.ndarray, *, nobody: bool = False) -> Run:
    """A run of events that are already in run order."""
    columns = {name: getattr(events, name) for name in Events.__dataclass_fields__}
    return Run(**columns, people=people.keys, alone=people.alone, starts=starts, nobody=nobody)


def with_dead(run: Run, places: np.ndarray) -> Run:
    """The run with the people at these positions marked dead, too."""
    dead = np.zeros(len(run.people), np.uint8) if run.dead is None else run.dead.copy()
    dead[places] = 1
    return replace(run, dead=dead)


def _lists_taken(events: Events, starts: str, values: Sequence[str], places: np.ndarray) -> dict[str, np.ndarray]:
    begins = getattr(events, starts)
    first, last = begins[places], begins[places + 1]
    inside = within(first, last)
    new = np.concatenate([[0], np.cumsum(last - first)])
    return {starts: new, **{name: getattr(events, name)[inside] for name in values}}


def _sales_taken(events: Events, places: np.ndarray) -> dict[str, Any]:
    sales = np.searchsorted(events.sale_event, places)
    sold = np.zeros(len(places), bool)
    inside = sales < len(events.sale_event)
    sold[inside] = events.sale_event[sales[inside]] == places[inside]
    which = sales[sold]
    lines = _lists_taken(events, LINES[0], LINES[1], which)
    return {"sale_event": np.flatnonzero(sold), "sale_revenue": events.sale_revenue[which], **lines}


def _starts_joined(pieces: Sequence[np.ndarray]) -> np.ndarray:
    before = np.cumsum([0, *(int(piece[-1]) for piece in pieces[:-1])])
    moved = [piece[1:] + begin for piece, begin in zip(pieces, before, strict=True)]
    return np.concatenate([[0], *moved])


@compiled
def _fill_ranges(starts: Any, ends: Any, found: Any) -> None:
    place = 0
    for index in range(len(starts)):
        for number in range(starts[index], ends[index]):
            found[place] = number
            place += 1


@compiled
def _order(rank: Any, ends: Any, starts: Any, at: Any, received: Any, order: Any, spare: Any) -> None:
    """Write the positions of events to ``order``, sorted by rank, then time; ``starts`` is where each rank's begin.

    ``ends`` must initially equal ``starts[:-1]``. Each person's events mostly come as a few sorted sequences, so this
    is a natural merge sort: neighboring sequences are merged until one is left.
    """
    for event in range(len(rank)):
        person = rank[event]
        order[ends[person]] = event
        ends[person] += 1
    for person in range(len(ends)):
        begin, end = starts[person], starts[person + 1]
        while True:
            low, merges = begin, 0
            while low < end:
                middle = low + 1
                while middle < end and not (
                    at[order[middle]] < at[order[middle - 1]]
                    or (
                        at[order[middle]] == at[order[middle - 1]]
                        and received[order[middle]] < received[order[middle - 1]]
                    )
                ):
                    middle += 1
                if middle >= end:
                    break
                high = middle + 1
                while high < end and not (
                    at[order[high]] < at[order[high - 1]]
                    or (at[order[high]] == at[order[high - 1]] and received[order[high]] < received[order[high - 1]])
                ):
                    high += 1
                for place in range(low, middle):
                    spare[place] = order[place]
                one, other, place = low, middle, low
                while one < middle and other < high:
                    left, right = spare[one], order[other]
                    if at[right] < at[left] or (at[right] == at[left] and received[right] < received[left]):
                        order[place] = right
                        other += 1
                    else:
                        order[place] = left
                        one += 1
                    place += 1
                while one < middle:
                    order[place] = spare[one]
                    one += 1
                    place += 1
                merges += 1
                low = high
            if merges == 0:
                break
