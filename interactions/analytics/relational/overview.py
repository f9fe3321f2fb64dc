"""The growth of the data set, by the time records were received."""

from __future__ import annotations

import ibis

from interactions.analytics.relational.bars import every, in_bars
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.moments import microseconds


def added(data: DataSet, bars: ibis.Table) -> ibis.Table:
    """``start, imported, live``: records received in each bar; a row for each bar."""
    rows = data.visible
    rows = in_bars(rows.select("import_id", at=microseconds(rows.received_at)), bars)
    found = rows.group_by("start").agg(
        imported=rows.count(where=rows.import_id != 0), live=rows.count(where=rows.import_id == 0)
    )
    return every(bars, found).order_by("start")
