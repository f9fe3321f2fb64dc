"""Which records Miso led to: those that carry the miso_id of a search or a recommendation."""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.totals import revenue

SHOWN: Final = ("impression", "viewable_impression")


def assisted(data: DataSet, filter: Filter) -> ibis.Table:
    """``type, records, assisted, revenue, revenue_assisted``: a row for each type that occurs."""
    rows = data.within(filter)
    return rows.group_by("type").agg(
        records=rows.count(),
        assisted=rows.miso_id.count(),
        revenue=revenue(rows),
        revenue_assisted=revenue(rows, rows.miso_id.notnull()),
    )


def results(data: DataSet, filter: Filter) -> ibis.Table:
    """One row: ``miso_ids, seen_once, clicks, clicks_unshown``; the filter's types and groups don't count.

    ``seen_once`` are miso_ids with one record; ``clicks_unshown`` clicks with a miso_id that no impression has.
    """
    rows = data.within(filter.of_all_types())
    rows = rows.filter(rows.miso_id.notnull())
    # The same UUID may be spelled in upper or lower case.
    ids = rows.group_by(id=rows.miso_id.lower()).agg(
        records=rows.count(),
        shown=rows.count(where=rows.type.isin(SHOWN)),
        clicks=rows.count(where=rows.type == "click"),
    )
    return ids.agg(
        miso_ids=_.count(),
        seen_once=_.count(where=_.records == 1),
        clicks=_.clicks.sum().fill_null(0),
        clicks_unshown=_.clicks.sum(where=_.shown == 0).fill_null(0),
    )
