"""Which interactions a question is about: a period, and the bars that a chart cuts it into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

MOST_BARS: Final = 2_400  # 100 days of hours; a screen cannot show more

_INSTANT: Final = timedelta(microseconds=1)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)
# Added before a remainder is taken, so that times before 1970 round down too: whole weeks, and
# three days more because 1 January 1970 was a Thursday and weeks start on Monday.
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SHIFT: Final = timedelta(weeks=110_000, days=3)
SHIFT_MICROSECONDS: Final = _SHIFT // _INSTANT


class Unit(StrEnum):
    """The width of a bar. Weeks start on Monday; all are counted in UTC."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    YEAR = "year"  # for data with a stray century in it

    @property
    def width(self) -> timedelta | None:
        """How long each bar is; None for years, which differ."""
        return _WIDTHS.get(self)

    def floor(self, moment: datetime) -> datetime:
        """The start of the bar that ``moment``, with a zone, falls into."""
        moment = moment.astimezone(UTC)
        if self.width is None:
            return datetime(moment.year, 1, 1, tzinfo=UTC)
        return moment - (moment - _EPOCH + _SHIFT) % self.width

    def after(self, start: datetime) -> datetime:
        """The start of the bar after the one that starts at ``start``."""
        if self.width is None:
            return _LATEST if start.year == _LATEST.year else start.replace(year=start.year + 1)
        return _later(start, self.width)

    def bars(self, start: datetime, end: datetime) -> int:
        """How many bars touch ``[start, end)``."""
        first, last = self.floor(start), self.floor(end - _INSTANT)
        return last.year - first.year + 1 if self.width is None else (last - first) // self.width + 1


_WIDTHS: Final = {Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1), Unit.WEEK: timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to but not including ``end``, both with a zone; ``None`` is without a bound.

    Raises ValueError where a bound has no zone or the end is not after the start.
    """

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for bound in (self.start, self.end):
            if bound is not None and bound.utcoffset() is None:
                raise ValueError("A period's bounds need a zone.")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("A period's end has to be after its start.")

    @classmethod
    def last_days(cls, days: int, last: datetime) -> Period:
        """The ``days`` whole days that end with the day of ``last``, the newest record."""
        end = Unit.DAY.after(Unit.DAY.floor(last))
        return cls(_later(end, -timedelta(days=days)), end)

    @classmethod
    def last_24_hours(cls, last: datetime) -> Period:
        """The 24 whole hours that end with the hour of ``last``."""
        end = Unit.HOUR.after(Unit.HOUR.floor(last))
        return cls(_later(end, -timedelta(hours=24)), end)

    def bounded(self, first: datetime, last: datetime) -> tuple[datetime, datetime]:
        """Start and end, with open bounds set so that records from ``first`` to ``last`` are inside."""
        start = self.start or (first if self.end is None else min(first, self.end - _INSTANT))
        return start, self.end or _later(max(last, start), _INSTANT)


ALL: Final = Period()


def allowed_units(start: datetime, end: datetime) -> list[Unit]:
    """The units that cut ``[start, end)`` into at most MOST_BARS bars; years only where weeks do not."""
    fine: list[Unit] = [unit for unit in Unit if unit is not Unit.YEAR and unit.bars(start, end) <= MOST_BARS]
    return fine or [Unit.YEAR]


def default_unit(start: datetime, end: datetime) -> Unit:
    """Hours up to three days, days up to half a year, weeks and years beyond."""
    width = end - start
    if width <= timedelta(days=3):
        return Unit.HOUR
    return Unit.DAY if width <= timedelta(days=184) else allowed_units(start, end)[-1]


def _later(moment: datetime, step: timedelta) -> datetime:
    """``moment + step``, held at the first and last moment that a datetime can say."""
    try:
        return moment + step
    except OverflowError:
        return _LATEST if step > timedelta(0) else _EARLIEST
