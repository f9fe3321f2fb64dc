"""Periods and their bounds as query parameters and in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from interactions.analytics.periods import Unit
from interactions.contract.moments import local, written

INSTANT: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)


def address_of(moment: datetime, zone: tzinfo, *, ends: bool = False) -> str:
    """A bound as a query parameter: a date (for an end, the last day inside), else a local time with its offset."""
    here = local(moment, zone)
    if Unit.DAY.floor(moment, zone) == moment:
        return (here.date() - _DAY if ends else here.date()).isoformat()
    return here.isoformat()


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """``Jan 1 – Mar 30, 2024``, with times if a bound isn't midnight; ``end`` is exclusive."""
    if Unit.DAY.floor(start, zone) == start and Unit.DAY.floor(end, zone) == end:
        first, last = local(start, zone).date(), local(end - INSTANT, zone).date()
        if first == last:
            return _day(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{_day(first, year=False)} – {written(last, '%-d, %Y')}"
        return f"{_day(first, year=first.year != last.year)} – {_day(last)}"
    start, end = local(start, zone), local(end, zone)
    if start.date() == end.date():
        return f"{_day(start.date())}, {_clock(start)} – {_clock(end)}"
    return f"{_day(start.date(), year=start.year != end.year)}, {_clock(start)} – {_day(end.date())}, {_clock(end)}"


def day_of(moment: datetime, zone: tzinfo, year_known: datetime) -> str:
    """``Nov 28``, with the year if it differs from that of ``year_known``."""
    day = local(moment, zone).date()
    return _day(day, year=day.year != local(year_known, zone).year)


def _day(day: date, *, year: bool = True) -> str:
    return written(day, "%b %-d, %Y" if year else "%b %-d")


def _clock(moment: datetime) -> str:
    return written(moment, "%H:%M")
