"""Runs of events whose people are known: put in order, cut apart, and people of them declared dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from interactions.analytics.index.gather import BY_EVENT, take
from interactions.analytics.index.people import Persons
from interactions.analytics.index.run import Events, Run
from interactions.queries.later import compiled

_LISTS: Final = (("product_starts", ("products",)), ("category_starts", ("categories",)))
_LINES: Final = ("sale_starts", ("line_product", "line_revenue"))


def run_of(events: Events, rank: np.ndarray, people: Persons) -> Run:
    """A run of ``events``, given the place of each one's person among ``people``, who are in the order of a run.

    People without events are left out.
    """
    counts = np.bincount(rank, minlength=len(people.keys))
    starts = np.concatenate([[0], np.cumsum(counts)])
    order = np.empty(len(events), np.int64)
    _order(rank, starts[:-1].copy(), starts, events.at, events.received, order, np.empty(len(events), np.int64))
    there = counts > 0
    return _run(take(events, order), people.keys[there], people.alone[there], starts[np.r_[True, there]])


def cut(run: Run, first: int, last: int) -> Run:
    """The run's people from the place ``first`` to before ``last``, without a copy of their events."""
    begin, end = int(run.starts[first]), int(run.starts[last])
    columns = {name: getattr(run, name)[begin:end] for name in BY_EVENT}
    for name, values in _LISTS:
        columns |= _lists_cut(run, name, values, begin, end)
    sales = np.searchsorted(run.sale_event, [begin, end])
    columns |= _lists_cut(run, *_LINES, int(sales[0]), int(sales[1]))
    columns["sale_event"] = run.sale_event[slice(*sales)] - begin
    columns["sale_revenue"] = run.sale_revenue[slice(*sales)]
    starts = run.starts[first : last + 1] - begin
    return _run(Events(**columns), run.people[first:last], run.alone[first:last], starts)


def _run(events: Events, people: np.ndarray, alone: np.ndarray, starts: np.ndarray) -> Run:
    columns = {name: getattr(events, name) for name in Events.__dataclass_fields__}
    return Run(**columns, people=people, alone=alone, starts=starts)


def with_dead(run: Run, places: np.ndarray) -> Run:
    """The run with the people at these places dead, too."""
    dead = np.zeros(len(run.people), np.uint8) if run.dead is None else run.dead.copy()
    dead[places] = 1
    return replace(run, dead=dead)


def _lists_cut(events: Events, starts: str, values: Sequence[str], begin: int, end: int) -> dict[str, np.ndarray]:
    begins = getattr(events, starts)[begin : end + 1]
    inside = slice(int(begins[0]), int(begins[-1]))
    return {starts: begins - begins[0], **{name: getattr(events, name)[inside] for name in values}}


@compiled
def _order(rank: Any, ends: Any, starts: Any, at: Any, received: Any, order: Any, spare: Any) -> None:
    """Put the places of events into ``order``, by rank, then time; ``starts`` says where each rank's begin.

    ``ends`` are the first of ``starts`` at the beginning. Each person's events mostly come as a few pieces that are in
    order, so neighbouring pieces are merged until one is left.
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
