"""Periods, and the bars that a chart divides them into.

Bars follow local time: days begin at midnight, weeks on Monday, in a given time zone. A day on which the clocks change
has 23 or 25 hours. All datetimes passed in are timezone-aware; all returned are in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from interactions.contract.moments import EARLIEST, LATEST, local

MOST_BARS: Final = 2_400  # 100 days of hours; a screen can't show more
_MOST_AT_FIRST: Final = 300  # 25 years of months; more are drawn only if a user chooses so

OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Earlier dates are probably wrong: clocks that aren't set say 1970."""

_INSTANT: Final = timedelta(microseconds=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class Unit(StrEnum):
    """The width of a bar."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    DECADE = "decade"
    CENTURY = "century"

    @property
    def years(self) -> int:
        """The number of years in a bar; 0 if it's shorter than a year."""
        return _YEARS.get(self, 0)

    def floor(self, moment: datetime, zone: tzinfo = UTC) -> datetime:
        """The start of the bar that ``moment`` falls into."""
        if self is Unit.HOUR:
            return _hour(moment, zone)
        here = local(moment, zone)
        start = _midnight(self._first_day(here.date()), zone)
        # If the clock goes back over midnight, it's yesterday again for a while, but still the new day's bar.
        while here.fold and (following := self.after(start, zone)) <= moment:
            start = following
        return start

    def after(self, start: datetime, zone: tzinfo = UTC) -> datetime:
        """The start of the bar after the one that starts at ``start``."""
        if self is Unit.HOUR:
            return _next_hour(start, zone)
        day, following = local(start, zone).date(), start
        while following <= start:
            try:
                day = self._next_day(self._first_day(day))
            except (OverflowError, ValueError):  # the year 10000
                return LATEST
            following = _midnight(day, zone)
        return following

    def bars(self, start: datetime, end: datetime, zone: tzinfo = UTC) -> int:
        """How many bars overlap ``[start, end)``. A clock change by half an hour adds an hour."""
        first, last = self.floor(start, zone), self.floor(end - _INSTANT, zone)
        if self is Unit.HOUR:
            return -((first - last) // _HOUR) + 1
        one, other = local(first, zone), local(last, zone)
        if self.years:
            return other.year // self.years - one.year // self.years + 1
        if self is Unit.MONTH:
            return 12 * (other.year - one.year) + other.month - one.month + 1
        days = (other.date() - one.date()).days
        return (days if self is Unit.DAY else round(days / 7)) + 1

    def _first_day(self, day: date) -> date:
        """The first day of the bar of ``day``."""
        if self is Unit.WEEK:
            return day - min(timedelta(days=day.weekday()), day - date.min)
        if self is Unit.MONTH:
            return day.replace(day=1)
        return date(max(1, day.year - day.year % self.years), 1, 1) if self.years else day

    def _next_day(self, first: date) -> date:
        """The first day of the next bar. Raises OverflowError or ValueError at the end of the calendar."""
        if self is Unit.MONTH:
            return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        if self.years:
            return first.replace(year=first.year - first.year % self.years + self.years)
        return first + _DAY * (7 if self is Unit.WEEK else 1)


_YEARS: Final = {Unit.YEAR: 1, Unit.DECADE: 10, Unit.CENTURY: 100}
_COARSE: Final = (Unit.MONTH, *_YEARS)


@dataclass(frozen=True, slots=True)
class Period:
    """The period ``[start, end)`` between timezone-aware datetimes; None leaves it open.

    Raises ValueError if a bound has no time zone, or the end isn't after the start.
    """

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for bound in (self.start, self.end):
            if bound is not None and bound.utcoffset() is None:
                raise ValueError("A period's bounds need a zone.")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("A period's end must be after its start.")

    @classmethod
    def of_days(cls, first: date, last: date, zone: tzinfo = UTC) -> Period:
        """The whole days from ``first`` to ``last``, inclusive."""
        return cls(_midnight(first, zone), _midnight(last + _DAY, zone) if last < date.max else LATEST)

    @classmethod
    def last_days(cls, days: int, last: datetime, zone: tzinfo = UTC) -> Period:
        """The last ``days`` whole days up to the day of ``last``, the newest record."""
        end = Unit.DAY.after(Unit.DAY.floor(last, zone), zone)
        return cls(_days_before(end, days, zone), end)

    @classmethod
    def last_24_hours(cls, last: datetime, zone: tzinfo = UTC) -> Period:
        """The last 24 whole hours up to the hour of ``last``."""
        end = Unit.HOUR.after(Unit.HOUR.floor(last, zone), zone)
        return cls(_later(end, -24 * _HOUR), end)

    def previous(self, zone: tzinfo = UTC) -> Period | None:
        """The period of the same length before this one; None if this one is open.

        The same length means the same number of months for whole months, the same number of days for whole days (even
        if the clocks change), and the same time for anything else.
        """
        if self.start is None or self.end is None:
            return None
        start, end = local(self.start, zone), local(self.end, zone)
        if Unit.MONTH.floor(self.start, zone) == self.start and Unit.MONTH.floor(self.end, zone) == self.end:
            months = 12 * start.year + start.month - 1 - (Unit.MONTH.bars(self.start, self.end, zone))
            before = _midnight(date(months // 12, months % 12 + 1, 1), zone) if months >= 12 else EARLIEST
        elif Unit.DAY.floor(self.start, zone) == self.start and Unit.DAY.floor(self.end, zone) == self.end:
            before = _days_before(self.start, (end.date() - start.date()).days, zone)
        else:
            before = _later(self.start, self.start - self.end)
        return Period(before, self.start) if before < self.start else None

    def same_days_before(self, zone: tzinfo = UTC) -> Period | None:
        """For a period from the first of a month to a day in it, the same days of the previous month.

        A shorter previous month is taken in full. None if there is nothing before.
        """
        if self.start is None or self.end is None:
            return None
        days = Unit.DAY.bars(self.start, self.end, zone)
        start = Unit.MONTH.floor(_later(self.start, -_INSTANT), zone)
        last = local(start, zone).date() + timedelta(days=days - 1)
        end = min(Unit.DAY.after(_midnight(last, zone), zone), self.start)
        return Period(start, end) if start < end else None

    def year_before(self, zone: tzinfo = UTC) -> Period | None:
        """The same days and times of the previous year, where February 29 is the 28th; None if this one is open."""
        if self.start is None or self.end is None:
            return None
        start, end = _year_before(self.start, zone), _year_before(self.end, zone)
        return Period(start, end) if start < end else None

    def bounded(self, first: datetime, last: datetime) -> tuple[datetime, datetime]:
        """Start and end, with open bounds chosen to include records from ``first`` to ``last``."""
        start = self.start or (first if self.end is None else min(first, self.end - _INSTANT))
        return start, self.end or _later(max(last, start), _INSTANT)


ALL: Final = Period()


def allowed_units(start: datetime, end: datetime, zone: tzinfo = UTC) -> list[Unit]:
    """The units that divide ``[start, end)`` into at most MOST_BARS bars. Of years and longer units, only the default
    is included."""
    first = default_unit(start, end, zone)
    fine = [unit for unit in Unit if not unit.years and unit.bars(start, end, zone) <= MOST_BARS]
    return fine if first in fine else [*fine, first]


def horizon(now: datetime, zone: tzinfo) -> datetime:
    """The time from which on records count as dated in the future: the end of tomorrow."""
    return days_after(now, 2, zone)


def days_after(moment: datetime, days: int, zone: tzinfo) -> datetime:
    """The start of the day that is ``days`` days after that of ``moment``."""
    start = Unit.DAY.floor(moment, zone)
    for _ in range(days):
        start = Unit.DAY.after(start, zone)
    return start


def default_unit(start: datetime, end: datetime, zone: tzinfo = UTC) -> Unit:
    """Hours for up to three days, days for up to half a year, weeks for up to three years, then the first of months,
    years, decades and centuries that gives at most 300 bars."""
    width = end - start
    if width <= timedelta(days=3):
        return Unit.HOUR
    if width <= timedelta(days=184):
        return Unit.DAY
    if width <= timedelta(days=3 * 366):
        return Unit.WEEK
    return next(unit for unit in _COARSE if unit.bars(start, end, zone) <= _MOST_AT_FIRST)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of ``day``: midnight, or the moment at which the clock skips midnight."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    before, after = midnight.utcoffset(), midnight.replace(fold=1).utcoffset()
    try:
        moment = midnight.astimezone(UTC)
        if before is None or after is None or before >= after:
            return moment
        return _change(moment - (after - before), moment, zone)
    except OverflowError:
        return EARLIEST if day.year < date.max.year else LATEST


def _hour(moment: datetime, zone: tzinfo) -> datetime:
    """The last moment up to ``moment`` at which an hour began, or the clock changed by anything but whole hours."""
    moment = moment.astimezone(UTC)
    start = _later(moment, -_past_hour(moment, zone))
    # If a clock changes by whole hours, its hours still begin at the same moments.
    return start if _past_hour(start, zone) == timedelta(0) else _change(start, moment, zone)


def _next_hour(start: datetime, zone: tzinfo) -> datetime:
    following = _later(start, _HOUR - _past_hour(start, zone))
    if following == LATEST or _past_hour(following - _INSTANT, zone) == _HOUR - _INSTANT:
        return following
    return _change(start, following - _INSTANT, zone)


def _past_hour(moment: datetime, zone: tzinfo) -> timedelta:
    """The time since the hour began. Uses the UTC offset, because local time overflows at the ends of the calendar."""
    return (moment - EARLIEST + (local(moment, zone).utcoffset() or timedelta(0))) % _HOUR


def _change(early: datetime, late: datetime, zone: tzinfo) -> datetime:
    """The moment in ``(early, late]`` from which on the UTC offset is that of ``late``."""
    offset = local(late, zone).utcoffset()
    while late - early > _INSTANT:
        middle = early + (late - early) // 2
        early, late = (early, middle) if local(middle, zone).utcoffset() == offset else (middle, late)
    return late


def _days_before(midnight: datetime, days: int, zone: tzinfo) -> datetime:
    """The midnight ``days`` days before another."""
    try:
        return _midnight(local(midnight, zone).date() - timedelta(days=days), zone)
    except OverflowError:
        return EARLIEST


def _year_before(moment: datetime, zone: tzinfo) -> datetime:
    """The same local date and time in the previous year; limited to the range of datetime."""
    here = local(moment, zone)
    if here.year == 1:
        return EARLIEST
    day = 28 if (here.month, here.day) == (2, 29) else here.day
    if Unit.DAY.floor(moment, zone) == moment:
        return _midnight(date(here.year - 1, here.month, day), zone)
    return here.replace(year=here.year - 1, day=day).astimezone(UTC)


def _later(moment: datetime, step: timedelta) -> datetime:
    """``moment + step``, limited to the range of datetime."""
    try:
        return moment + step
    except OverflowError:
        return LATEST if step > timedelta(0) else EARLIEST
