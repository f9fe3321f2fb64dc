"""Events by local time in a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import numpy as np

from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import visits
from interactions.analytics.index.shares import Share
from interactions.contract.moments import EARLIEST, LATEST, local

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_FEW_DAYS: Final = 4000
_MARGIN: Final = 2  # days; local time differs from UTC by less
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Events by hour of the week, int64[168] from Monday, and by local day from ``first_day`` (days since 1970)."""

    hours: np.ndarray
    days: np.ndarray
    first_day: int


def clock_of(filtered: FilteredIndex, zone: tzinfo) -> Clock:
    """The events by local time in ``zone``."""
    return filtered.once(("clock", zone), lambda: _clock(filtered, zone))


def _clock(filtered: FilteredIndex, zone: tzinfo) -> Clock:
    if filtered.span is None:
        return Clock(np.zeros(168, np.int64), np.zeros(0, np.int64), 0)
    first_day, last_day = filtered.span[0] // _DAY, filtered.span[1] // _DAY
    changes = list(_changes(_days(filtered, first_day, last_day), zone))
    edges, offsets = (np.array(column, np.int64) for column in zip(*changes, strict=True))
    first_day -= _MARGIN

    def begin() -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(168, np.int64), np.zeros(last_day + _MARGIN + 1 - first_day, np.int64)

    def walk(found: tuple[np.ndarray, np.ndarray], share: Share) -> None:
        visits.tell_clock(*share.people, share.run.at, edges, offsets, *found, first_day)

    hours, days = zip(*filtered.over(begin, walk), strict=True)
    return Clock(summed(hours), summed(days), first_day)


def _days(filtered: FilteredIndex, first: int, last: int) -> list[int]:
    """The UTC days since 1970 with events, ascending. For a short span all days are returned, which is faster."""
    if last - first < _FEW_DAYS:
        return list(range(first, last + 1))

    def walk(found: np.ndarray, share: Share) -> None:
        visits.mark_days(*share.people, share.run.at, _DAY, first, found)

    there = np.bitwise_or.reduce(filtered.over(lambda: np.zeros(last + 1 - first, np.uint8), walk))
    days: list[int] = (np.flatnonzero(there) + first).tolist()
    return days


def _changes(days: list[int], zone: tzinfo) -> Iterator[tuple[int, int]]:
    """The moments on these days (at least one) at which the zone's UTC offset changes, and the new offset, both in µs.

    zoneinfo has no list of a zone's transitions, so each day is checked; most have none.
    """
    current = None
    for day in days:
        begin, end = day * _DAY, (day + 1) * _DAY
        for moment, offset in [(begin, _offset(begin, zone)), *_changes_within(begin, end, zone)]:
            if offset != current:
                yield moment, offset
            current = offset


def _changes_within(begin: int, end: int, zone: tzinfo) -> Iterator[tuple[int, int]]:
    """The changes after ``begin`` and up to ``end``."""
    last = _offset(end, zone)
    if _offset(begin, zone) == last:
        return
    if end - begin <= _SECOND:
        yield end, last
        return
    middle = begin + (end - begin) // (2 * _SECOND) * _SECOND
    yield from _changes_within(begin, middle, zone)
    yield from _changes_within(middle, end, zone)


def _offset(microseconds: int, zone: tzinfo) -> int:
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        moment = LATEST if microseconds > 0 else EARLIEST
    return (local(moment, zone).utcoffset() or timedelta(0)) // timedelta(microseconds=1)
