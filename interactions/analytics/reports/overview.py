"""The growth of a data set, by the time records were received, and the totals of the Overview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.quality import received_by_bar
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.periods import ALL, Unit, default_unit
from interactions.analytics.question import Engine, question
from interactions.analytics.reports.reach import Reach, reach
from interactions.analytics.reports.totals import EVERYTHING, Totals, totals
from interactions.warehouse.lake import Lake


@dataclass(frozen=True, slots=True)
class Stored:
    """The size of a table: bytes of Parquet, and number of parts."""

    size: int
    parts: int


def stored(environment: str) -> Stored:
    """The size of an environment's table. Reads only the table's log."""
    parts = Lake(environment).parts()
    return Stored(sum(part.size for part in parts), len(parts))


@question
def added(index: Index, now: datetime, days: int, zone: tzinfo) -> pd.DataFrame:
    """``imported, live``: records by the local day on which they were received; one row for each of ``days`` days.

    The index has the starts of the days, in UTC. The last one is the day of ``now``.
    """
    starts = [Unit.DAY.floor(now, zone)]
    while len(starts) < days:
        starts.insert(0, Unit.DAY.floor(starts[0] - timedelta(microseconds=1), zone))
    bars = pd.DatetimeIndex(starts).as_unit("us")
    edges = bars.asi8.copy()
    seen = filtered(index, Filter())
    imported, live = seen.once(("received", *starts), lambda: received_by_bar(seen, edges))
    return pd.DataFrame({"imported": imported, "live": live}, index=bars)


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The totals of all time. ``filter`` and ``unit`` are the ones used."""

    totals: Totals
    filter: Filter
    unit: Unit
    reach: Reach


def first_look(engine: Engine, zone: tzinfo = UTC) -> FirstLook | None:
    """The totals of all time, as defined by :mod:`interactions.analytics.reports.reach`; None without records.

    If all records are dated in the future, they're included.
    """
    found = reach(engine, datetime.now(UTC), zone)
    if found.first is None or found.last is None:
        return None
    period = ALL if found.newest is None else found.everything
    filter = EVERYTHING.during(period)
    unit = default_unit(*period.bounded(found.first, found.last), zone)
    of_all = totals(engine, filter, unit, zone)
    return FirstLook(of_all, filter, unit, found) if of_all else None
