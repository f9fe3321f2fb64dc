"""How large a data set is and how it grows: by when records were received, not by when they happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import ibis
import numpy as np
import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.queries.answers import Question, ask
from interactions.queries.asking import about
from interactions.queries.kinds import RECEIVED
from interactions.queries.measures import records
from interactions.warehouse.lake import Lake


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies on the disk: bytes of Parquet, and in how many parts."""

    size: int
    parts: int


def stored(environment: str) -> Stored:
    """Reads the table's log only."""
    parts = Lake(environment).parts()
    return Stored(sum(part.size for part in parts), len(parts))


def added(environment: str, now: datetime, days: int, zone: tzinfo) -> pd.DataFrame:
    """``imported, live``: records by the day in ``zone`` on which they were received; a row a day, ``days`` of them.

    The index is the days' starts, in UTC; the last one is the day of ``now``. Raises DataSetBusy.
    """
    starts = [Unit.DAY.floor(now, zone)]
    while len(starts) < days:
        starts.insert(0, Unit.DAY.floor(starts[0] - timedelta(microseconds=1), zone))
    index = pd.DatetimeIndex(starts).as_unit("us")
    rows = ask(environment, _received())[0].to_pandas()
    place = np.searchsorted(index.asi8, rows["bucket"].to_numpy(), side="right") - 1
    frame = pd.DataFrame(0, index=index, columns=["imported", "live"], dtype="int64")
    for column, is_live in (("imported", False), ("live", True)):
        of_kind = (rows["is_live"] == is_live).to_numpy() & (place >= 0)
        np.add.at(frame[column].to_numpy(), place[of_kind], rows["records"].to_numpy()[of_kind])
    return frame


def _received() -> Question:
    def collect(rows: ibis.Table) -> ibis.Table:
        found = rows.group_by(bucket=rows.received, is_live=rows.is_live).agg(records=records(rows))
        return found.filter(found.records > 0)

    return about(Filter(), "received", collect, over=RECEIVED)
