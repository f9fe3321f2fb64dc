"""Products: how often they're named, viewed, added to a cart and bought, and their revenue."""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational.bars import in_bars
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.moments import microseconds

VIEW: Final = "product_detail_page_view"
CART: Final = "add_to_cart"
BUY: Final = "checkout"


def named(rows: ibis.Table, *keep: str) -> ibis.Table:
    """``product_id`` and the columns to ``keep``: a row for each distinct product that a record names."""
    rows = rows.filter(rows.product_ids.notnull())
    return rows.select(*keep, product_id=rows.product_ids.unique().unnest()).filter(_.product_id.notnull())


def different(data: DataSet, filter: Filter) -> ibis.Table:
    """One row: ``products``, the number of distinct products."""
    return named(data.within(filter)).agg(products=_.product_id.nunique())


def different_in_bars(data: DataSet, filter: Filter, bars: ibis.Table) -> ibis.Table:
    """``start, products``: the number of distinct products per bar; bars without any are left out."""
    rows = data.within(filter)
    rows = named(rows.mutate(at=microseconds(rows.timestamp)), "at")
    return in_bars(rows, bars).group_by("start").agg(products=_.product_id.nunique())


def of_any_type(data: DataSet, filter: Filter) -> ibis.Table:
    """``product_id, records``: the number of records of any type that name each product."""
    return named(data.within(filter)).group_by("product_id").agg(records=_.count())


def traded(data: DataSet, filter: Filter) -> ibis.Table:
    """``product_id, views, carts, buys, revenue``: the number of records of each type that name a product, and its
    revenue."""
    rows = data.within(filter).filter(_.type.isin([VIEW, CART, BUY]))
    records = (
        named(rows, "type")
        .group_by("product_id")
        .agg(
            views=_.count(where=_.type == VIEW),
            carts=_.count(where=_.type == CART),
            buys=_.count(where=_.type == BUY),
        )
    )
    paid = lines(rows).group_by(line="product_id").agg(revenue=_.revenue.sum())
    found = records.left_join(paid, [records.product_id == paid.line]).drop("line")
    return found.mutate(revenue=found.revenue.fill_null(0.0))


def lines(rows: ibis.Table) -> ibis.Table:
    """``product_id, revenue``: a row for each time that a checkout names a product, with its part of the revenue."""
    return all_lines(rows).filter(_.product_id.notnull())


def all_lines(rows: ibis.Table, *keep: str) -> ibis.Table:
    """The same with the columns to ``keep``, and with the parts of products that are null.

    The revenue is split by quantity if there's one for each product, none is negative and their sum isn't 0; else in
    equal parts.
    """
    rows = rows.filter(rows.type == BUY, rows.revenue.notnull(), rows.product_ids.length() > 0)
    count, quantities = rows.product_ids.length(), rows.quantities
    fits = (quantities.length() == count) & (quantities.mins() >= 0) & (quantities.sums() > 0)
    rows = rows.select(
        *("product_ids", "quantities", "revenue", *keep),
        count=count,
        fits=fits.fill_null(False),
        of=quantities.sums(),
        place=ibis.range(0, count).unnest(),
    )
    part = ibis.ifelse(rows.fits, rows.quantities[rows.place] / rows["of"], 1 / rows["count"])
    return rows.select(*keep, product_id=rows.product_ids[rows.place], revenue=rows.revenue * part)
