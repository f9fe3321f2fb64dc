"""How a data set grows: by when records were received, not by when they happened."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.quality import received_by_bar
from interactions.analytics.index.look import look
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit


def added(index: Index, now: datetime, days: int, zone: tzinfo) -> pd.DataFrame:
    """``imported, live``: records by the day in ``zone`` on which they were received; a row a day, ``days`` of them.

    The index is the days' starts, in UTC; the last one is the day of ``now``.
    """
    starts = [Unit.DAY.floor(now, zone)]
    while len(starts) < days:
        starts.insert(0, Unit.DAY.floor(starts[0] - timedelta(microseconds=1), zone))
    bars = pd.DatetimeIndex(starts).as_unit("us")
    edges = bars.asi8.copy()
    seen = look(index, Filter())
    imported, live = seen.once(("received", *starts), lambda: received_by_bar(seen, edges))
    return pd.DataFrame({"imported": imported, "live": live}, index=bars)
