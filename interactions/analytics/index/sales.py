"""Checkouts with a revenue, split among their products, and refunds with an amount."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.index.rows import starts_of, within


class Refunds(NamedTuple):
    """Rows of refunds (int64, ascending), and how much each gives back (float64)."""

    rows: np.ndarray
    amounts: np.ndarray


def sales_of(
    table: pa.Table, paid: np.ndarray, refunds: Refunds, product: np.ndarray, starts: np.ndarray
) -> dict[str, np.ndarray]:
    """The sales arrays of :class:`~interactions.analytics.index.run.Events` for the rows ``paid`` (ascending) and
    ``refunds``, which have no lines.

    ``product`` has the codes of all rows' products, NONE for null, and ``starts`` is where each row's begin. The
    revenue is split by quantity if there's one for each product, none is negative and not all are 0; else in equal
    parts.
    """
    rows = np.concatenate([paid, refunds.rows])
    order = np.argsort(rows, kind="stable")
    rows, is_refund = rows[order], (np.arange(len(rows)) >= len(paid))[order]
    revenue = np.empty(len(rows), np.float64)
    revenue[~is_refund] = table["revenue"].take(pa.array(paid)).to_numpy()
    revenue[is_refund] = refunds.amounts
    lengths = np.where(is_refund, 0, starts[rows + 1] - starts[rows])
    sale_starts, sale = starts_of(lengths), np.repeat(np.arange(len(rows)), lengths)
    parts = 1 / lengths[sale]
    shares = _shares(table["quantities"].take(pa.array(rows)).combine_chunks(), lengths)
    parts = np.where(np.isnan(shares), parts, shares)
    return {
        "sale_event": rows,
        "sale_revenue": revenue,
        "sale_starts": sale_starts,
        "line_product": product[within(starts[rows], starts[rows] + lengths)],
        "line_revenue": revenue[sale] * parts,
    }


def _shares(quantities: pa.ListArray, lengths: np.ndarray) -> np.ndarray:
    """The share of each line by quantity, for sales with these numbers of lines; NaN if the quantities don't fit."""
    given = pc.fill_null(pc.list_value_length(quantities), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    fitting = given == lengths
    sale = np.repeat(np.arange(len(lengths)), lengths)
    amounts = np.full(len(sale), np.nan)
    values = pc.fill_null(quantities.flatten(), 0.0).to_numpy(zero_copy_only=False)
    amounts[fitting[sale]] = values[np.repeat(fitting, given)]
    sums = np.bincount(sale, amounts, len(lengths))
    negative = np.bincount(sale, amounts < 0, len(lengths)) > 0
    usable = fitting & ~negative & (sums > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(usable[sale], amounts / sums[sale], np.nan)
