"""Bars of a chart and spans of one UTC offset, as small tables to join, because engines disagree about time zones."""

from __future__ import annotations

from datetime import tzinfo
from functools import lru_cache
from typing import Final

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from interactions.analytics.bars import bar_edges
from interactions.analytics.bars import clock as clock_of
from interactions.analytics.periods import Period, Unit
from interactions.analytics.relational.moments import DAY, NEVER, WEEK
from interactions.contract.moments import EARLIEST, LATEST
from interactions.contract.tombstones import microseconds as microseconds_of

# No two changes of one clock are closer: Freetown's of September 1939 are four days apart.
_STEP: Final = 3 * DAY
# A week inside the calendar's ends, beyond which zones have no rules.
_FIRST, _LAST = microseconds_of(EARLIEST) + WEEK, microseconds_of(LATEST) - WEEK


def bars(period: Period, first: int, last: int, unit: Unit, zone: tzinfo) -> ibis.Table:
    """``start, since, end`` of each bar, in µs, as :func:`of_edges` has them; those of :func:`edges`."""
    return until_next(edges(period, first, last, unit, zone))


def edges(period: Period, first: int, last: int, unit: Unit, zone: tzinfo) -> np.ndarray:
    """Where the bars of ``period`` begin and the last one ends, in µs; where it is open, from and to the records.

    ``first`` and ``last`` (µs) are the earliest and the latest of the records asked about; without any, ``last`` is
    before ``first``.
    """
    ends = np.array([first, last] if first <= last else [], np.int64)
    return bar_edges(ends, period, unit, zone)


def until_next(edges: np.ndarray) -> ibis.Table:
    """The bars of a chart from their edges."""
    # West of Greenwich, no bar begins before the first hours of year 1: these are in the first bar.
    return of_edges(edges, since=-NEVER)


def of_edges(edges: np.ndarray, *, since: int | None = None) -> ibis.Table:
    """The same from the starts of bars and the end of the last one, which has what is after it, too.

    Records of a bar are from ``since`` on: where the bar starts, but for the first one where that is given.
    """
    begins, ends = edges[:-1].copy(), edges[1:].copy()
    ends[-1:] = NEVER
    if since is not None:
        begins[:1] = since
    return ibis.memtable(pa.table({"start": edges[:-1], "since": begins, "end": ends}))


def in_bars(rows: ibis.Table, bars: ibis.Table) -> ibis.Table:
    """``rows`` with the ``start`` of the bar that their ``at`` lies in."""
    return rows.join(bars, [rows.at >= bars.since, rows.at < bars.end]).drop("since", "end")


def every(bars: ibis.Table, *counts: ibis.Table) -> ibis.Table:
    """A row for each bar, with the columns of all ``counts``, which have a ``start``; 0 where they have no row."""
    rows = bars.select("start")
    for count in counts:
        names = [name for name in count.columns if name != "start"]
        rows = rows.left_join(count.rename(counted="start"), [_.start == count.start]).drop("counted")
        rows = rows.mutate(**{name: rows[name].fill_null(0) for name in names})
    return rows


def clock(zone: tzinfo, first: int, last: int) -> ibis.Table:
    """``since, until, ahead``: by how much the clock in ``zone`` is ahead of UTC from when to before when; all in µs.

    The spans cover every moment from ``first`` to ``last``.
    """
    since, ahead = _changes(zone, *(min(max(moment, _FIRST), _LAST) for moment in (first, last)))
    until = np.append(since[1:], NEVER)
    return ibis.memtable(pa.table({"since": since, "until": until, "ahead": ahead}))


def by_clock(rows: ibis.Table, clock: ibis.Table) -> ibis.Table:
    """``rows`` with ``here``: what the clock says at their ``at``, as if it were UTC, in µs since 1970."""
    rows = rows.join(clock, [rows.at >= clock.since, rows.at < clock.until])
    return rows.mutate(here=rows.at + rows.ahead).drop("since", "until", "ahead")


@lru_cache(32)
def _changes(zone: tzinfo, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """When spans of one offset begin, the first before all time, and the offset of each."""
    moments = np.append(np.arange(first, last, _STEP, dtype=np.int64), last)
    ahead = _ahead(moments, zone)
    changed = np.flatnonzero(ahead[1:] != ahead[:-1])
    early, late = moments[changed], moments[changed + 1]
    while (late - early > 1).any():
        middle = early + (late - early) // 2
        is_late = _ahead(middle, zone) == ahead[changed + 1]
        early, late = np.where(is_late, early, middle), np.where(is_late, middle, late)
    return np.append(-NEVER, late), np.append(ahead[0], ahead[changed + 1])


def _ahead(moments: np.ndarray, zone: tzinfo) -> np.ndarray:
    ahead: np.ndarray = clock_of(moments, zone).asi8 - moments
    return ahead
