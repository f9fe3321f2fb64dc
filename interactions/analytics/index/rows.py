"""Take, concatenate and sort events, column by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

from interactions.analytics.index.loops import compiled
from interactions.analytics.index.people import Persons
from interactions.analytics.index.run import TYPE_BITS, Events, Run
from interactions.analytics.index.threads import in_threads
from interactions.contract.schema import TYPES

FLAT: Final = (
    "at", "received", "kind", "source", "pair", "agent", "region", "locale", "campaign", "page", "referrer",
    "keywords", "result_type", "result",
)  # fmt: skip
LISTS: Final = (
    ("product_starts", ("products",)),
    ("category_starts", ("categories",)),
    ("custom_starts", ("customs",)),
)
LINES: Final = ("sale_starts", ("line_product", "line_revenue"))
_CHECKOUT, _REFUND = TYPES.index("checkout"), TYPES.index("refund")


class CopySource(NamedTuple):
    """Events at the positions ``places`` of ``events``, and their positions ``to`` among all gathered; int64."""

    events: Events
    places: np.ndarray
    to: np.ndarray


class Ranked(NamedTuple):
    """Events at the positions ``places`` (int64) of ``events``; ``rank`` is the index of each one's person."""

    events: Events
    places: np.ndarray
    rank: np.ndarray


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
    return gathered([CopySource(events, places, np.arange(len(places)))])


def gathered(sources: Sequence[CopySource]) -> Events:
    """The events of one or more sources. Each column is copied once, in several threads."""
    sale_event, sales = _sales_of(sources)
    work: list[Callable[[], dict[str, np.ndarray]]] = [
        *(partial(_lists, sources, starts, values) for starts, values in LISTS),
        *(partial(_column, sources, name) for name in FLAT),
        lambda: {**_column(sales, "sale_revenue"), **_lists(sales, *LINES)},
    ]
    columns = {name: column for found in in_threads(lambda make: make(), work) for name, column in found.items()}
    return Events(**columns, sale_event=sale_event)


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


def run_of(pieces: Sequence[Ranked], people: Persons) -> Run:
    """A run of the events of one or more pieces. ``people`` are in run order; those without events are left out."""
    rank = np.concatenate([piece.rank for piece in pieces])
    at, received = (
        np.concatenate([getattr(piece.events, name)[piece.places] for piece in pieces]) for name in ("at", "received")
    )
    counts = np.bincount(rank, minlength=len(people.keys))
    starts, order, to = starts_of(counts), np.empty(len(rank), np.int64), np.empty(len(rank), np.int64)
    _order(rank, starts[:-1].copy(), starts, at, received, order, to)
    to[order] = np.arange(len(order))
    ends = np.cumsum([len(piece.rank) for piece in pieces])
    of_pieces = zip(pieces, np.split(to, ends[:-1]), strict=True)
    events = gathered([CopySource(piece.events, piece.places, places) for piece, places in of_pieces])
    there = counts > 0
    return as_run(events, Persons(people.keys[there], people.alone[there]), starts[np.r_[True, there]])


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


def _column(sources: Sequence[CopySource], name: str) -> dict[str, np.ndarray]:
    columns = [getattr(source.events, name) for source in sources]
    found = np.empty(sum(len(source.to) for source in sources), columns[0].dtype)
    for column, source in zip(columns, sources, strict=True):
        _put(_locked(column), _locked(source.places), _locked(source.to), found)
    return {name: found}


def _lists(sources: Sequence[CopySource], starts: str, values: Sequence[str]) -> dict[str, np.ndarray]:
    found = {starts: np.zeros(sum(len(source.to) for source in sources) + 1, np.int64)}
    begins = [_locked(getattr(source.events, starts)) for source in sources]
    for begin, source in zip(begins, sources, strict=True):
        _put_lengths(begin, _locked(source.places), _locked(source.to), found[starts])
    np.cumsum(found[starts], out=found[starts])
    for name in values:
        columns = [getattr(source.events, name) for source in sources]
        found[name] = np.empty(found[starts][-1], columns[0].dtype)
        for column, begin, source in zip(columns, begins, sources, strict=True):
            _put_lists(begin, _locked(column), _locked(source.places), _locked(source.to), found[starts], found[name])
    return found


def _sales_of(sources: Sequence[CopySource]) -> tuple[np.ndarray, list[CopySource]]:
    """The positions of events with a sale (int64, ascending), and the sales of each source with theirs among all."""
    found, events = [], []
    for each, places, to in sources:
        types = each.kind[places] & TYPE_BITS
        paid = np.flatnonzero((types == _CHECKOUT) | (types == _REFUND))
        sales = np.searchsorted(each.sale_event, places[paid])
        inside = np.flatnonzero(sales < len(each.sale_event))
        sold = inside[each.sale_event[sales[inside]] == places[paid[inside]]]
        found.append(sales[sold])
        events.append(to[paid[sold]])
    of_all = np.concatenate(events)
    order, ranks = np.argsort(of_all), np.empty(len(of_all), np.int64)
    ranks[order] = np.arange(len(order))
    pieces = np.split(ranks, np.cumsum([len(each) for each in found])[:-1])
    sales_of = zip(sources, found, pieces, strict=True)
    return of_all[order], [CopySource(source.events, sales, to) for source, sales, to in sales_of]


def _locked(array: np.ndarray) -> np.ndarray:
    """A read-only view, like mapped arrays: otherwise each loop would be compiled for both kinds."""
    view = array.view()
    view.setflags(write=False)
    return view


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
def _put(values: Any, places: Any, to: Any, found: Any) -> None:
    for number in range(len(places)):
        found[np.uint64(to[number])] = values[np.uint64(places[number])]


@compiled
def _put_lengths(starts: Any, places: Any, to: Any, lengths: Any) -> None:
    """``lengths`` has one more, before the first."""
    for number in range(len(places)):
        place = places[number]
        lengths[to[number] + 1] = starts[place + 1] - starts[place]


@compiled
def _put_lists(starts: Any, values: Any, places: Any, to: Any, begins: Any, found: Any) -> None:
    for number in range(len(places)):
        place, begin = places[number], begins[to[number]]
        for item in range(starts[place], starts[place + 1]):
            found[begin] = values[item]
            begin += 1


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
