"""Checkouts with a revenue, split among their products."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.index.rows import starts_of, within


def sales_of(table: pa.Table, paid: np.ndarray, product: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
    """The sales arrays of :class:`~interactions.analytics.index.run.Events` for the rows ``paid`` (ascending).

    ``product`` has the codes of all rows' products, NONE for null, and ``starts`` is where each row's begin. The
    revenue is split by quantity if there's one for each product, none is negative and not all are 0; else in equal
    parts.
    """
    revenue = table["revenue"].take(pa.array(paid)).to_numpy().astype(np.float64)
    lengths = starts[paid + 1] - starts[paid]
    sale_starts, sale = starts_of(lengths), np.repeat(np.arange(len(paid)), lengths)
    parts = 1 / lengths[sale]
    shares = _shares(table["quantities"].take(pa.array(paid)).combine_chunks(), lengths)
    parts = np.where(np.isnan(shares), parts, shares)
    return {
        "sale_event": paid,
        "sale_revenue": revenue,
        "sale_starts": sale_starts,
        "line_product": product[within(starts[paid], starts[paid + 1])],
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
