"""The edges of a chart's bars, and local time in a time zone.

In nearly all zones bars begin at a whole hour of UTC, in some at a quarter of an hour. Before standard time was
introduced, they can begin at any second.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from interactions import process_caches
from interactions.analytics.periods import Period, Unit

_WEEK: Final = 7 * 24 * 3600 * 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LATEST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def bar_edges(moments: np.ndarray, period: Period, unit: Unit, zone: tzinfo) -> np.ndarray:
    """The starts of the bars and the end of the last one, in µs since 1970; empty if there are no bars.

    They cover the period. Where it's open, they begin with the first and end with the last of ``moments`` (µs).
    """
    if not len(moments) and (period.start is None or period.end is None):
        return np.empty(0, np.int64)
    first = unit.floor(period.start or _moment(moments.min()), zone)
    last = period.end - timedelta(microseconds=1) if period.end else _moment(moments.max())
    # The calendar's last microsecond belongs to the last bar; no bar begins with it.
    return _edges(first, min(last, _moment(_LATEST - 1)), unit, zone).copy()


@lru_cache(32)
def _edges(first: datetime, last: datetime, unit: Unit, zone: tzinfo) -> np.ndarray:
    """The edges from ``first``, the start of a bar, to the end of the bar of ``last``. Cached, because all questions of
    a page need the same ones, and there can be thousands."""
    edges = [first, unit.after(first, zone)]
    while edges[-1] <= last and edges[-1] > edges[-2]:  # at the end of the calendar there is no next bar
        edges.append(unit.after(edges[-1], zone))
    return np.array([(edge - _EPOCH) // timedelta(microseconds=1) for edge in edges], np.int64)


def index_of(edges: np.ndarray) -> pd.DatetimeIndex:
    """The starts of the bars, in UTC."""
    return pd.DatetimeIndex(edges[:-1].astype("datetime64[us]"), name="start").tz_localize(UTC)


def clock(moments: np.ndarray, zone: tzinfo) -> pd.DatetimeIndex:
    """The local time in ``zone`` at ``moments`` (µs since 1970)."""
    # At the ends of the calendar conversions overflow, so there the offset a week further inside is used.
    inward = _WEEK * ((moments < _EARLIEST + _WEEK).astype(np.int64) - (moments > _LATEST - _WEEK))
    inside = pd.DatetimeIndex((moments + inward).astype("datetime64[us]"))
    there = inside.tz_localize(UTC).tz_convert(zone).tz_localize(None).to_numpy()
    return pd.DatetimeIndex(there - inward.astype("timedelta64[us]"))


def months(moments: np.ndarray, zone: tzinfo) -> np.ndarray:
    """The months of local time in ``zone``, such as "2024-03", at ``moments`` (µs since 1970), within years 1 to
    9999."""
    said = clock(moments, zone).to_numpy().astype("datetime64[M]")
    texts: np.ndarray = np.datetime_as_string(said.clip(np.datetime64("0001-01"), np.datetime64("9999-12")))
    return texts.astype(object)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


process_caches.register("edges of bars", _edges.cache_clear, lambda: _edges.cache_info().currsize)
