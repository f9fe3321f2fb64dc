"""The time range of a data set as pages show it, without records dated long before or after the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from interactions.analytics.filters import Filter
from interactions.analytics.index.filtered import FilteredIndex
from interactions.analytics.index.run import Index
from interactions.analytics.periods import ALL, OLDEST, Period, Unit, horizon
from interactions.analytics.question import Engine, question
from interactions.analytics.reports.timeseries import over_time

_SHORT: Final = timedelta(days=2 * 366)  # shorter histories aren't searched for lone records
_LONE_SHARE: Final = 0.01  # the largest share of all records that can be lone
_FEW: Final = 10  # so many records from before 2000 are lone even in a small history
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

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
    """The time range of some records.

    ``first`` and ``last`` are of all records, None without any. ``newest`` is the last one that isn't in the future.
    ``begins`` is the first one since 2000, or the first one if all are older: there is no data to compare with before
    it. ``everything`` is the period "all time": without lone records long before the rest, and without records dated
    after tomorrow. ``earlier`` and ``later`` are the periods of those, None if there are none.
    """

    first: datetime | None = None
    last: datetime | None = None
    newest: datetime | None = None
    begins: datetime | None = None
    everything: Period = ALL
    earlier: Period | None = None
    later: Period | None = None


def reach(engine: Engine, now: datetime, zone: tzinfo = UTC, import_id: int | None = None) -> Reach:
    """The reach of all records of an environment, or of one import, by local days in ``zone``."""
    whole = Filter(import_id=import_id)
    first, last = ends(engine, whole)
    if first is None or last is None:
        return Reach()
    newest: datetime | None = last
    everything, later = ALL, None
    if last >= (hour := Unit.HOUR.after(Unit.HOUR.floor(now, zone), zone)):
        newest = ends(engine, whole.during(Period(None, hour)))[1]
    if last >= (beyond := horizon(now, zone)):
        until = ends(engine, whole.during(Period(None, beyond)))[1]
        everything = Period(None, beyond if until is None else Unit.DAY.after(Unit.DAY.floor(until, zone), zone))
        later = Period(beyond, None)
    starts = _start_of_the_rest(engine, whole.during(everything), first, newest or last, zone)
    if starts is not None:
        begins = ends(engine, whole.during(Period(starts, everything.end)))[0] or first
        everything = Period(Unit.DAY.floor(begins, zone), everything.end)
        return Reach(first, last, newest, begins, everything, Period(None, starts), later)
    begins = first if first >= OLDEST else ends(engine, whole.during(Period(OLDEST, None)))[0] or first
    return Reach(first, last, newest, begins, everything, None, later)


def _start_of_the_rest(
    engine: Engine, filter: Filter, first: datetime, newest: datetime, zone: tzinfo
) -> datetime | None:
    """Where the records begin, ignoring a few that are long before all others; None if there are none of these.

    Long before means a gap of at least as many years as the others span. If those few are from before 2000, the rest
    begins in 2000, else with the year of its first record.
    """
    if newest - first <= _SHORT:
        return None
    years = over_time(engine, filter, Unit.YEAR, zone).sum(axis=1)
    years = years[years > 0]
    starts = [start.to_pydatetime() for start in years.index]
    total, before, found = int(years.sum()), 0, None
    for place in range(1, len(starts)):
        before += int(years.iloc[place - 1])
        ends = Unit.YEAR.after(starts[place - 1], zone)
        is_old = ends <= OLDEST <= starts[place]
        few = max(_FEW, _LONE_SHARE * total) if is_old else _LONE_SHARE * total
        gap = Unit.YEAR.bars(ends, starts[place], zone) - 1
        if before <= min(few, total - before) and gap >= Unit.YEAR.bars(starts[place], starts[-1], zone):
            found = OLDEST if is_old else starts[place]
    return found


def is_over(bar: datetime, unit: Unit, zone: tzinfo, *, until: datetime, now: datetime) -> bool:
    """Whether the bar starting at ``bar`` is complete, given that there is data ``until`` a moment.

    It's complete once it has ended and the data reaches its last hour, day or month: a data set that ends on a Tuesday
    has an incomplete last week.
    """
    end = unit.after(bar, zone)
    if now < end:
        return False
    finer = _FINER.get(unit)
    return finer is None or until >= finer.floor(end - timedelta(microseconds=1), zone)


@question
def ends(index: Index, filter: Filter) -> tuple[datetime | None, datetime | None]:
    """The times of the first and last record that pass the filter. Not cached, to spare the cache for pages."""
    span = FilteredIndex(index, filter).span
    if span is None:
        return None, None
    first, last = (_EPOCH + timedelta(microseconds=each) for each in span)
    return first, last
