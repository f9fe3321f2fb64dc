"""Retention: of the people who first came in a day, week or month, how many came back later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final

import numpy as np
import pandas as pd

from interactions.analytics.bars import bar_edges, index_of
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.retention import returned
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.periods import ALL, Period, Unit
from interactions.analytics.question import question
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import microseconds

UNITS: Final = (Unit.DAY, Unit.WEEK, Unit.MONTH)
MOST_BARS: Final = {Unit.DAY: 31, Unit.WEEK: 26, Unit.MONTH: 24}
"""How many bars a table of retention has at most: the last ones of the period."""
_DAY: Final = 86_400_000_000
_WIDTHS: Final = {Unit.DAY: _DAY + _DAY // 24, Unit.WEEK: 8 * _DAY, Unit.MONTH: 31 * _DAY}  # µs, at least


@dataclass(frozen=True, slots=True)
class Return:
    """What counts: the types of a person's first interaction, and those with which the person comes back."""

    first: tuple[str, ...] = TYPES
    returning: tuple[str, ...] = TYPES


@question
def retention(index: Index, filter: Filter, asked: Return, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
    """``people, 0, 1, 2 …``: a row for each bar, the index ``start`` (UTC), of the last ``MOST_BARS`` of the period.

    ``people`` (int64) are those whose first interaction of the types ``asked.first`` is in the bar. Column ``n``
    (float64, NaN after the last bar) counts those of them who have one of ``asked.returning`` in the bar ``n`` later,
    at or after their first. What came before the period counts: whoever was there earlier isn't new. The filter's types
    and groups don't count: ``asked`` has its own.
    """
    whole = filtered(index, since_ever(filter))
    edges = edges_of(whole.span, filter.period, unit, zone)
    if not len(edges):
        return frame_of(np.zeros((0, 1), np.int64), edges)
    exact, key = within(edges, filter.period), ("retention", asked, unit, zone, filter.period)
    return frame_of(whole.once(key, lambda: returned(whole, exact, asked.first, asked.returning)), edges)


def retained(frame: pd.DataFrame, *, is_last_whole: bool) -> pd.Series:
    """The share (0 to 1) of all people who came back ``n`` bars later, of those for whom that bar is over.

    ``frame`` is :func:`retention`'s; without ``is_last_whole``, its last bar isn't over. NaN where nobody is left.
    """
    counts = frame.drop(columns="people").to_numpy(copy=True)
    if not is_last_whole:
        counts[np.arange(len(counts)), np.arange(len(counts))[::-1]] = np.nan
    people = np.where(np.isnan(counts), 0, frame["people"].to_numpy()[:, None]).sum(axis=0)
    return pd.Series(np.nansum(counts, axis=0)).div(people).where(people > 0)


def since_ever(filter: Filter) -> Filter:
    """The filter without its types, and without the beginning of its period."""
    return filter.of_all_types().during(Period(None, filter.period.end))


def edges_of(span: tuple[int, int] | None, period: Period, unit: Unit, zone: tzinfo) -> np.ndarray:
    """Where the bars begin, up to that of the last record, and where the last one ends, in µs; empty without records.

    ``span`` is that of the records up to the period's end, in µs.
    """
    first, last = span or (0, -1)
    if period.start is not None:
        first = max(first, microseconds(period.start))
    first = max(first, last - MOST_BARS[unit] * _WIDTHS[unit])  # a step for each day since year 1 would take long
    if first > last:
        return np.empty(0, np.int64)
    return bar_edges(np.array([first, last]), ALL, unit, zone)[-MOST_BARS[unit] - 1 :]


def within(edges: np.ndarray, period: Period) -> np.ndarray:
    """The edges of what counts: the first bar begins with the period where that begins within it."""
    if period.start is None or not len(edges):
        return edges
    return np.append(max(edges[0], microseconds(period.start)), edges[1:])


def frame_of(counts: np.ndarray, edges: np.ndarray) -> pd.DataFrame:
    """The frame of :func:`retention` from people and returns by bar, int64[bars, bars + 1], and the bars' edges."""
    bars = len(counts)
    late = np.add.outer(np.arange(bars), np.arange(bars)) >= bars
    frame = pd.DataFrame(np.where(late, np.nan, counts[:, 1:]), index_of(edges), list(range(bars)))
    frame.insert(0, "people", counts[:, 0])
    return frame
