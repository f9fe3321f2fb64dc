"""Measures of events by the values of a property, and by bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from dojo.cores import cores
from interactions.analytics.definitions import QUIET
from interactions.analytics.index.figures.codes import ValueCodes
from interactions.analytics.index.figures.types import marked
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import breakdown
from interactions.analytics.index.run import TYPE_BITS, Run
from interactions.analytics.index.shares import RunPart, locked
from interactions.analytics.index.threads import in_threads
from interactions.analytics.properties import Breakdown, Measure
from interactions.contract.schema import TYPES

_COUNTED: Final = {Measure.RECORDS: 0, Measure.PEOPLE: 1, Measure.SESSIONS: 2}
_CHECKOUT: Final = TYPES.index("checkout")
_OF_SOMEBODY: Final = (Measure.PEOPLE, Measure.SESSIONS, Measure.CONVERSION)
_AT_ONCE: Final = 1 << 25
"""Names of products that are collected at once: 128 MB. A cell with more is counted alone."""
# Read-only as the arrays of a run, so that loops are compiled for one kind only.
_NO_LINES: Final = locked(np.zeros(0))
_NONE_FOUND: Final = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A measure by group and bar: ``amounts`` is int64[groups, bars], float64 for revenue. ``total`` ([1]) is of all.

    For conversions there are people, and those who did the goal in the same bar: int64[groups, 2 * bars], and [2].
    ``total`` is for one bar only: people and products count once in each.
    """

    amounts: np.ndarray
    total: np.ndarray


def measured(seen: FilteredIndex, asked: Breakdown, values: ValueCodes, edges: np.ndarray) -> Measured:
    """The measure by the groups of ``values`` and by bar.

    ``edges`` (µs) are the starts of the bars and the end of the last; there is one bar at least.
    """
    if asked.measure is Measure.PRODUCTS:
        return _products(seen, values, edges)
    if asked.measure is Measure.REVENUE:
        return _revenue(seen, values, edges)
    parts, goals, wide = seen.parts, marked([asked.goal]), 2 if asked.measure is Measure.CONVERSION else 1

    def work(core: int) -> tuple[np.ndarray, np.ndarray]:
        total, last = np.zeros(wide, np.int64), np.zeros(values.groups, np.int64)
        amounts = np.zeros((values.groups, wide * (len(edges) - 1)), np.int64)
        for part in parts[core]:
            run = part.run
            if run.nobody and asked.measure in _OF_SOMEBODY:
                continue
            starts, codes = values.column(run)
            columns = starts, codes, values.table, edges
            is_simple = not len(starts) and len(edges) == 2
            if is_simple and asked.measure is Measure.PEOPLE:
                breakdown.count_people(*part.given, codes, values.table, total, last, amounts)
            elif is_simple and asked.measure is Measure.CONVERSION:
                breakdown.convert_people(*part.given, run.kind, goals, codes, values.table, total, last, amounts)
            elif asked.measure is Measure.CONVERSION:
                breakdown.convert(*part.given, run.at, run.kind, goals, *columns, total, last, amounts)
            else:
                breakdown.count(*part.given, run.at, *columns, _COUNTED[asked.measure], QUIET, total, last, amounts)
        return amounts, total

    amounts, totals = zip(*in_threads(work, range(len(parts))), strict=True)
    return Measured(summed(amounts), summed(totals))


def _revenue(seen: FilteredIndex, values: ValueCodes, edges: np.ndarray) -> Measured:
    runs, several = list(zip(seen.index.runs, seen.masks, strict=True)), cores()

    def work(core: int) -> tuple[np.ndarray, np.ndarray]:
        sums, total = np.zeros((values.groups, len(edges) - 1)), np.zeros(1)
        for run, mask in runs:
            starts, codes = values.column(run)
            lines = _NO_LINES
            if values.is_divided and len(run.line_revenue):
                lines, starts, codes = run.line_revenue, run.sale_starts, run.line_product
            breakdown.earn(
                *(_sales(run, mask, core, several), run.at, run.sale_event, run.sale_revenue, lines, starts, codes),
                *(values.table, edges, total, np.zeros(values.groups, np.int64), sums),
            )
        return sums, total

    sums, totals = zip(*in_threads(work, range(several)), strict=True)
    return Measured(summed(sums), summed(totals))


def _sales(run: Run, mask: np.ndarray | None, core: int, several: int) -> np.ndarray:
    """A core's part of the sales of a run that pass, without refunds."""
    first, last = (len(run.sale_event) * place // several for place in (core, core + 1))
    events = run.sale_event[first:last]
    passes = (run.kind[events] & TYPE_BITS) == _CHECKOUT
    if mask is not None:
        passes &= mask[events] > 0
    if run.dead is not None:
        passes &= run.dead[np.searchsorted(run.starts, events, side="right") - 1] == 0
    return first + np.flatnonzero(passes)


def _products(seen: FilteredIndex, values: ValueCodes, edges: np.ndarray) -> Measured:
    """Different products by group and bar: their names are collected by cell, and each cell is counted by itself."""
    bars, parts = len(edges) - 1, seen.parts
    cells = values.groups * bars
    sizes = _collected(parts, values, edges, (0, cells), [np.zeros(cells, np.int64) for _ in parts], _NONE_FOUND)
    begins = np.zeros(cells + 1, np.int64)
    np.cumsum(np.sum(sizes, axis=0), out=begins[1:])
    counts, occurs = np.zeros(cells, np.int64), np.zeros(len(seen.index.texts.product), bool)
    for first, last in _ranges(begins):
        found, place, places = np.empty(begins[last] - begins[first], np.int32), begins[:-1] - begins[first], []
        for size in sizes:
            places.append(place.copy())
            place = place + size
        if len(found):
            _collected(parts, values, edges, (first, last), places, found)
            occurs |= _count_different(begins, found, (first, last), counts, len(occurs))
    return Measured(counts.reshape(values.groups, bars), np.array([occurs.sum()], np.int64))


def _collected(
    parts: list[list[RunPart]],
    values: ValueCodes,
    edges: np.ndarray,
    cells: tuple[int, int],
    places: list[np.ndarray],
    found: np.ndarray,
) -> list[np.ndarray]:
    """Run the pass with the ``places`` of each core, which it changes."""

    def work(core: int) -> np.ndarray:
        for part in parts[core]:
            run = part.run
            breakdown.name_products(
                *(*part.given, run.at, *values.column(run), values.table, run.product_starts, run.products),
                *(edges, *cells, places[core], found),
            )
        return places[core]

    return in_threads(work, range(len(parts)))


def _count_different(
    begins: np.ndarray, found: np.ndarray, cells: tuple[int, int], counts: np.ndarray, products: int
) -> np.ndarray:
    """Each core counts some cells with about the same number of names. Returns which products occur (bool)."""
    first, last = cells
    wanted = np.linspace(begins[first], begins[last], cores() + 1)[1:-1]
    cuts = [first, *(first + np.searchsorted(begins[first : last + 1], wanted)).tolist(), last]

    def work(part: tuple[int, int]) -> np.ndarray:
        stamps = np.zeros(products, np.int64)
        breakdown.count_different(begins, found, *part, int(begins[first]), stamps, counts)
        occurs: np.ndarray = stamps > 0
        return occurs

    occurs: np.ndarray = np.logical_or.reduce(in_threads(work, pairwise(cuts)))
    return occurs


def _ranges(begins: np.ndarray) -> Iterator[tuple[int, int]]:
    """Consecutive cells that can be collected at once."""
    first, several = 0, len(begins) - 1
    while first < several:
        last = int(np.searchsorted(begins, begins[first] + _AT_ONCE, side="right")) - 1
        last = min(max(last, first + 1), several)
        yield first, last
        first = last
