"""When something was: a moment of an interaction, or the two of a row that stands for two (kinds.VISITS)."""

from __future__ import annotations

from typing import Any

import ibis

from interactions.queries.engine import epoch_us
from interactions.queries.measures import is_summary


def span(rows: ibis.Table) -> dict[str, Any]:
    """The columns ``at`` and ``until``, the first and the last moment of each row, in µs since 1970."""
    at = epoch_us(rows.timestamp)
    return {"at": at, "until": epoch_us(rows["last"]) if is_summary(rows) else at}


def not_before(rows: ibis.Table, moment: ibis.Value) -> Any:
    """The first moment of each row at or after ``moment``, which is not later than the row's last."""
    return ibis.ifelse(rows.at >= moment, rows.at, rows.until)


def each_moment(rows: ibis.Table, records: ibis.Value) -> Any:
    """Every moment of ``rows``, as a column to be unnested with the others; ``records`` is how many each row has."""
    return ibis.ifelse(records == 1, ibis.array([rows.at]), ibis.array([rows.at, rows.until])).unnest()
