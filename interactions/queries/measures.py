"""What is summed up of interactions, or of the rows of their summaries, said once for all questions."""

from __future__ import annotations

from typing import Any, Final

import ibis
import pyarrow as pa

# What a shop or a publisher wins by: "conversions" everywhere. The group Conversion also has steps on the way and
# what is taken back.
CONVERSIONS: Final = ("checkout", "subscribe")


def is_summary(rows: ibis.Table) -> bool:
    """Whether each of ``rows`` stands for several interactions."""
    return "records" in rows.columns


def records(rows: ibis.Table, where: Any = None) -> Any:
    """How many interactions; a row of a summary stands for several."""
    return rows.records.sum(where=where).fill_null(0) if is_summary(rows) else rows.count(where=where)


def conversions(rows: ibis.Table) -> Any:
    """How many of them are CONVERSIONS."""
    if "conversions" in rows.columns:
        return rows.conversions.sum().fill_null(0)
    return records(rows, where=rows.type.isin(CONVERSIONS))


def revenue(rows: ibis.Table, where: Any = True) -> Any:
    """The sum of the revenue of check-outs, in their own currency. Refunds do not say how much: none is taken off."""
    paid = where if is_summary(rows) else (rows.type == "checkout") & where
    return rows.revenue.sum(where=paid).fill_null(0.0)


def first(rows: ibis.Table) -> Any:
    """When the first of them was."""
    return rows.timestamp.min()


def last(rows: ibis.Table) -> Any:
    """When the last of them was."""
    return (rows["last"] if is_summary(rows) else rows.timestamp).max()


def is_assisted(rows: ibis.Table) -> Any:
    """Whether they carry a miso_id."""
    return rows.is_assisted if is_summary(rows) else rows.miso_id.notnull()


def summed(rows: pa.Table, by: list[str]) -> pa.Table:
    """Partial answers merged: of rows with equal ``by`` one is made, with the sums of all other columns."""
    others = [name for name in rows.column_names if name not in by]
    sums = rows.group_by(by).aggregate([(name, "sum") for name in others])
    return sums.select([*by, *(f"{name}_sum" for name in others)]).rename_columns([*by, *others])
