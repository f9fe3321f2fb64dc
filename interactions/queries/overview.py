"""How large a data set is and how it grows: by when records were received, not by when they happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from interactions.lake import Lake
from interactions.queries.answers import Question, ask
from interactions.queries.bars import Grain
from interactions.queries.measures import summed
from interactions.queries.period import Unit

_QUARTER_HOUR = Grain(width=15 * 60 * 1_000_000)


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
    def collect(table: ibis.Table) -> ibis.Table:
        return table.group_by(bucket=_QUARTER_HOUR.bucket(table.received_at), is_live=table.import_id == 0).agg(
            records=table.count()
        )

    def merge(rows: pa.Table) -> pa.Table:
        return summed(rows, ["bucket", "is_live"])

    return Question("received", (), collect, merge)
