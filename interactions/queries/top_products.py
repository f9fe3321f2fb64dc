"""What is viewed, put into carts and bought of each product."""

from __future__ import annotations

import ibis
from ibis import _

from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.filter import Filter
from interactions.queries.measures import summed

_VIEW, _CART, _BUY = "product_detail_page_view", "add_to_cart", "checkout"


def products(filter: Filter) -> Question:
    """``product_id, views, carts, buys, revenue``: how many interactions name each product, and its revenue."""

    def collect(rows: ibis.Table) -> ibis.Table:
        rows = rows.filter(rows.type.isin([_VIEW, _CART, _BUY]), rows.product_ids.notnull())
        named = rows.select("type", product_id=ibis.ifelse(_is_one(rows), rows.product_ids, rows.product_ids.unique()))
        named = named.mutate(product_id=named.product_id.unnest())
        counted = named.select(
            "product_id",
            views=(named.type == _VIEW).cast("int64"),
            carts=(named.type == _CART).cast("int64"),
            buys=(named.type == _BUY).cast("int64"),
            revenue=ibis.literal(0.0),
        )
        nothing = ibis.literal(0, "int64")
        paid = _lines(rows.filter(rows.type == _BUY, rows.revenue.notnull())).select(
            "product_id", views=nothing, carts=nothing, buys=nothing, revenue=_.revenue
        )
        both = ibis.union(counted, paid).filter(_.product_id.notnull())
        return both.group_by("product_id").agg(
            views=_.views.sum(), carts=_.carts.sum(), buys=_.buys.sum(), revenue=_.revenue.sum()
        )

    return about(filter, "top_products", collect, merge=lambda rows: summed(rows, ["product_id"]))


def _lines(checkouts: ibis.Table) -> ibis.Table:
    """``product_id, revenue``: a row a product of each check-out, with its part of the revenue.

    By quantity where there is one for each product, none below 0 and not all of them 0; else in equal parts.
    """
    count, quantities = checkouts.product_ids.length(), checkouts.quantities
    fits = (quantities.length() == count) & (quantities.mins() >= 0) & (quantities.sums() > 0)
    lines = checkouts.filter(count > 0).select(
        "product_ids", "quantities", "revenue", count=count, fits=fits.fill_null(False), sum=quantities.sums(),
        place=ibis.range(0, count).unnest(),
    )  # fmt: skip
    part = ibis.ifelse(lines.fits, lines.quantities[lines.place] / lines["sum"], 1 / lines["count"])
    return lines.select(product_id=lines.product_ids[lines.place], revenue=lines.revenue * part)


def _is_one(rows: ibis.Table) -> ibis.Value:
    return rows.product_ids.length() <= 1
