"""When something was: a moment of an interaction, or the span of a row that stands for several (kinds.VISITS)."""

from __future__ import annotations

from typing import Any

import ibis

from interactions.queries.engine import epoch_us
from interactions.queries.measures import is_summary


def span(rows: ibis.Table) -> dict[str, Any]:
    """The columns ``at``, the first moment of each row, ``until``, the last, and ``moments``, all where there are more.

    In µs since 1970.
    """
    at = epoch_us(rows.timestamp)
    if not is_summary(rows):
        return {"at": at, "until": at, "moments": ibis.null("array<int64>")}
    return {"at": at, "until": epoch_us(rows["last"]), "moments": rows.moments}


def not_before(rows: ibis.Table, moment: ibis.Value) -> Any:
    """The first moment of each row at or after ``moment``, which is not later than the row's last."""
    between = rows.moments.filter(lambda at: at >= moment).mins().coalesce(rows.until)
    return ibis.ifelse(rows.at >= moment, rows.at, between)


def each_moment(rows: ibis.Table, records: ibis.Value) -> Any:
    """Every moment of ``rows``, as a column to be unnested with the others; ``records`` is how many each row has."""
    few = ibis.ifelse(records == 1, ibis.array([rows.at]), ibis.array([rows.at, rows.until]))
    return rows.moments.coalesce(few).unnest()
