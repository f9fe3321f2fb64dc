"""What is summed up of interactions, said once for all questions."""

from __future__ import annotations

from typing import Any, Final

import ibis
import pyarrow as pa

# What a shop or a publisher wins by: «conversions» everywhere. The group Conversion also has steps on the way and
# what is taken back.
CONVERSIONS: Final = ("checkout", "subscribe")


def records(rows: ibis.Table) -> Any:
    """How many interactions."""
    return rows.count()


def conversions(rows: ibis.Table) -> Any:
    """How many of them are CONVERSIONS."""
    return rows.count(where=rows.type.isin(CONVERSIONS))


def revenue(rows: ibis.Table) -> Any:
    """The sum of the revenue of check-outs, in their own currency. Refunds do not say how much: none is taken off."""
    return rows.revenue.sum(where=rows.type == "checkout").fill_null(0.0)


def summed(rows: pa.Table, by: list[str]) -> pa.Table:
    """Partial answers merged: of rows with equal ``by`` one is made, with the sums of all other columns."""
    others = [name for name in rows.column_names if name not in by]
    sums = rows.group_by(by).aggregate([(name, "sum") for name in others])
    return sums.select([*by, *(f"{name}_sum" for name in others)]).rename_columns([*by, *others])
