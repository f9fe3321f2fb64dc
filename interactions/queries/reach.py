"""From when to when there is data, as the periods of the pages see it: without what is dated in the future."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from interactions.queries.dashboard import by_type
from interactions.queries.filter import Filter
from interactions.queries.period import ALL, Period, Unit

OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Dates before this are hardly right: clocks that aren't set say 1970."""


_FINER: Final = {
    Unit.DAY: Unit.HOUR,
    Unit.WEEK: Unit.DAY,
    Unit.MONTH: Unit.DAY,
    Unit.YEAR: Unit.MONTH,
    Unit.DECADE: Unit.YEAR,
    Unit.CENTURY: Unit.YEAR,
}


@dataclass(frozen=True, slots=True)
class Reach:
    """When the records are.

    ``first`` and ``last`` are of all, None without any. ``newest`` is the last one that is not in the future.
    ``begins`` is the first one since 2000, or the first one where all are older: before it there is no data to compare
    with. ``everything`` is what "all time" means: it ends before records dated after tomorrow. ``later`` is the period
    of those, None where there are none.
    """

    first: datetime | None = None
    last: datetime | None = None
    newest: datetime | None = None
    begins: datetime | None = None
    everything: Period = ALL
    later: Period | None = None


def reach(environment: str, now: datetime, zone: tzinfo = UTC, import_id: int | None = None) -> Reach:
    """The reach of an environment's records, or of those of one import; days are those of ``zone``.

    Where no record is older than 2000 or newer than ``now``, nothing is asked but what every page asks. Raises
    DataSetBusy.
    """
    whole = Filter(import_id=import_id)
    first, last = _ends(environment, whole)
    if first is None or last is None:
        return Reach()
    newest: datetime | None = last
    everything, later = ALL, None
    # By hours and days, so that one question serves them all.
    if last >= (hour := Unit.HOUR.after(Unit.HOUR.floor(now, zone), zone)):
        newest = _ends(environment, whole.during(Period(None, hour)))[1]
    if last >= (beyond := horizon(now, zone)):
        until = _ends(environment, whole.during(Period(None, beyond)))[1]
        everything = Period(None, beyond if until is None else _days_after(until, 1, zone))
        later = Period(beyond, None)
    begins = first if first >= OLDEST else _ends(environment, whole.during(Period(OLDEST, None)))[0] or first
    return Reach(first, last, newest, begins, everything, later)


def horizon(now: datetime, zone: tzinfo) -> datetime:
    """From when on a record is dated in the future: the end of tomorrow."""
    return _days_after(now, 2, zone)


def _ends(environment: str, filter: Filter) -> tuple[datetime | None, datetime | None]:
    """The first and the last of the records that are meant."""
    types = by_type(environment, filter)
    if types.empty:
        return None, None
    return types["first"].min().to_pydatetime(), types["last"].max().to_pydatetime()


def _days_after(moment: datetime, days: int, zone: tzinfo) -> datetime:
    """The start of the day that comes so many days after that of ``moment``."""
    start = Unit.DAY.floor(moment, zone)
    for _ in range(days):
        start = Unit.DAY.after(start, zone)
    return start


def is_over(bar: datetime, unit: Unit, zone: tzinfo, *, until: datetime, now: datetime) -> bool:
    """Whether a bar that begins at ``bar`` has all its data, where there is data ``until`` that moment.

    It is over once the clock has passed its end, and the data goes to its last hour, day or month: a history that ends
    on a Tuesday has no whole week at its end.
    """
    end = unit.after(bar, zone)
    if now < end:
        return False
    finer = _FINER.get(unit)
    return finer is None or until >= finer.floor(end - timedelta(microseconds=1), zone)
