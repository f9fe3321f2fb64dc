"""Moments are put into bars: the engine counts by hours of UTC, and those few are put where they belong in a zone.

Bars of nearly all zones begin at a whole hour of UTC; of some at a quarter. Before clocks were set by zones, they begin
at any second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from interactions import process_caches
from interactions.analytics.engine import epoch_us
from interactions.analytics.periods import Period, Unit
from interactions.queries.answers import Question, ask
from interactions.queries.kinds import Kind

_SECOND: Final = 1_000_000
_QUARTER: Final = 900 * _SECOND
_HOUR: Final = 3600 * _SECOND
_WEEK: Final = 7 * 24 * _HOUR
# Added before a remainder is taken, so that times before 1970 round down too; whole hours.
_SHIFT: Final = 20_000_000 * _HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LATEST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely the engine tells moments apart: ``width`` of a bucket in µs; before ``odd`` (µs), a second."""

    width: int = _HOUR
    odd: int | None = None

    @classmethod
    def of(cls, zone: tzinfo) -> Grain:
        """What is likely to do for ``zone``."""
        offsets = [datetime(2020, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)]
        return cls(_QUARTER if any(offset and offset % timedelta(hours=1) for offset in offsets) else _HOUR)

    @property
    def key(self) -> str:
        return f"{self.width}:{self.odd}"

    def bucket(self, moment: ibis.Value) -> ibis.Value:
        """The start of each moment's bucket, in µs since 1970."""
        microseconds = epoch_us(moment)
        width = self.width if self.odd is None else ibis.ifelse(microseconds < self.odd, _SECOND, self.width)
        return microseconds - (microseconds + _SHIFT) % width

    def summed(self, kind: Kind) -> Kind | None:
        """``kind``, where its quarters are fine enough; else None."""
        return kind if self.odd is None else None

    def fitting(self, moments: np.ndarray) -> Grain:
        """This grain, or a finer one where one of ``moments`` (µs) lies within a bucket."""
        inside = moments[(moments % self.width != 0) & (moments < _LATEST)]
        if self.odd is not None:
            inside = inside[inside >= self.odd]
        if not len(inside):
            return self
        if self.width > _QUARTER:
            return replace(self, width=_QUARTER)
        return replace(self, odd=int(inside.max()) + _SECOND)


def on_bars(
    environment: str, period: Period, unit: Unit, zone: tzinfo, questions: Sequence[Callable[[Grain], Question]]
) -> list[pa.Table]:
    """The answers to ``questions`` about bars, the first of which has all ``bucket``s there are."""

    def edges(first: pa.Table, _grain: Grain) -> np.ndarray:
        return bar_edges(first["bucket"].to_numpy(), period, unit, zone)

    answers, _ = _finely(environment, zone, questions, edges)
    return answers


def on_edges(environment: str, zone: tzinfo, question: Callable[[Grain], Question]) -> pd.DataFrame:
    """The answer to ``question``, which has an ``edge`` a row, as :func:`bar_edges` has them: the index ``start`` (UTC)
    has every bar. In its last row, where the last bar ends, there is nothing."""
    (answer,), _ = _finely(environment, zone, [question], lambda first, _grain: first["edge"].to_numpy())
    columns = {name: answer[name].to_numpy()[:-1] for name in answer.column_names if name != "edge"}
    return pd.DataFrame(columns, index=index_of(answer["edge"].to_numpy()), columns=pd.Index(columns, dtype="str"))


def on_clock(
    environment: str, zone: tzinfo, question: Callable[[Grain], Question]
) -> tuple[pd.DatetimeIndex, pa.Table]:
    """The answer to ``question``, and what the clock in ``zone`` says at each ``bucket`` in it, to the hour."""

    def changing(first: pa.Table, grain: Grain) -> np.ndarray:
        """A moment within each of the buckets that are not of one hour."""
        buckets = np.unique(first["bucket"].to_numpy())
        is_odd = np.zeros(len(buckets), bool) if grain.odd is None else buckets < grain.odd
        last = buckets + np.where(is_odd, _SECOND, grain.width) - _SECOND
        ahead = _clock(buckets, zone).asi8 - buckets
        within: np.ndarray = last[(ahead % grain.width != 0) | (_clock(last, zone).asi8 - last != ahead)]
        return within

    (answer,), _ = _finely(environment, zone, [question], changing)
    return _clock(answer["bucket"].to_numpy(), zone), answer


def _finely(
    environment: str,
    zone: tzinfo,
    questions: Sequence[Callable[[Grain], Question]],
    moments: Callable[[pa.Table, Grain], np.ndarray],
) -> tuple[list[pa.Table], Grain]:
    """The answers to ``questions``, so fine that none of the ``moments`` that the first gives lies within a bucket."""
    grain = Grain.of(zone)
    while True:
        answers = ask(environment, *(question(grain) for question in questions))
        finer = grain.fitting(moments(answers[0], grain))
        if finer == grain:
            return answers, grain
        grain = finer


def with_start(rows: ibis.Table, buckets: np.ndarray, period: Period, unit: Unit, zone: tzinfo) -> ibis.Table:
    """``rows``, which have a ``bucket``, with the ``start`` of their bars (µs since 1970); ``buckets`` are all there
    are."""
    buckets = np.unique(buckets)
    edges = bar_edges(buckets, period, unit, zone)
    bars = ibis.memtable(pa.table({"bucket": buckets, "start": starts_of(buckets, edges)}))
    return rows.join(bars, "bucket")


def bar_edges(buckets: np.ndarray, period: Period, unit: Unit, zone: tzinfo) -> np.ndarray:
    """Where bars begin, in µs since 1970, and where the last one ends: one more than there are bars, or none at all.

    They go from the period's bounds, where it has them, else from the first to the last bucket.
    """
    if not len(buckets) and (period.start is None or period.end is None):
        return np.empty(0, np.int64)
    first = unit.floor(period.start or _moment(buckets.min()), zone)
    last = period.end - timedelta(microseconds=1) if period.end else _moment(buckets.max())
    return _edges(first, last, unit, zone).copy()


@lru_cache(32)
def _edges(first: datetime, last: datetime, unit: Unit, zone: tzinfo) -> np.ndarray:
    """From the start of a bar on to the end of that of ``last``: all questions of a page have the same, up to
    thousands."""
    edges = [first, unit.after(first, zone)]
    while edges[-1] <= last and edges[-1] > edges[-2]:  # at the end of the calendar nothing comes after
        edges.append(unit.after(edges[-1], zone))
    return np.array([(edge - _EPOCH) // timedelta(microseconds=1) for edge in edges], np.int64)


def starts_of(moments: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The start of the bar that each of ``moments`` (µs) falls into; there has to be a bar where there is a moment."""
    starts = edges[:-1]
    return starts[np.maximum(np.searchsorted(starts, moments, side="right") - 1, 0)] if len(moments) else moments


def index_of(edges: np.ndarray) -> pd.DatetimeIndex:
    """The bars' starts, in UTC."""
    return pd.DatetimeIndex(edges[:-1].astype("datetime64[us]"), name="start").tz_localize(UTC)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def _clock(moments: np.ndarray, zone: tzinfo) -> pd.DatetimeIndex:
    """What the clock in ``zone`` says at ``moments`` (µs since 1970)."""
    # At the ends of the calendar a zone's rules fail: there it is asked a week further inside.
    inward = _WEEK * ((moments < _EARLIEST + _WEEK).astype(np.int64) - (moments > _LATEST - _WEEK))
    inside = pd.DatetimeIndex((moments + inward).astype("datetime64[us]"))
    there = inside.tz_localize(UTC).tz_convert(zone).tz_localize(None).to_numpy()
    return pd.DatetimeIndex(there - inward.astype("timedelta64[us]"))


def months(moments: np.ndarray, zone: tzinfo) -> np.ndarray:
    """Months such as "2024-03" of the clock in ``zone`` at ``moments`` (µs since 1970), held within years 1 to 9999."""
    clock = _clock(moments, zone).to_numpy().astype("datetime64[M]")
    texts: np.ndarray = np.datetime_as_string(clock.clip(np.datetime64("0001-01"), np.datetime64("9999-12")))
    return texts.astype(object)


process_caches.register("edges of bars", _edges.cache_clear, lambda: _edges.cache_info().currsize)
