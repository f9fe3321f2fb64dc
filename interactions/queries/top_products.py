"""What is viewed, put into carts and bought of each product."""

from __future__ import annotations

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.kinds import TRADE
from interactions.queries.measures import is_summary, summed


def products(filter: Filter) -> Question:
    """``product_id, views, carts, buys, revenue``: how many interactions name each product, and its revenue."""

    def collect(rows: ibis.Table) -> ibis.Table:
        if not is_summary(rows):
            rows = TRADE.of(rows)
        sums = {name: rows[name].sum() for name in ("records", "views", "carts", "buys", "revenue")}
        found = rows.group_by("product_id").agg(**sums)
        return found.filter(found.records > 0).drop("records")

    return about(filter, "top_products", collect, merge=lambda rows: summed(rows, ["product_id"]), over=TRADE)


def named(filter: Filter) -> Question:
    """``product_id, records``: how many interactions of any type name each product. Reads the table."""

    def collect(rows: ibis.Table) -> ibis.Table:
        rows = rows.filter(rows.product_ids.notnull())
        each = rows.select(product_id=rows.product_ids.unique().unnest())
        return each.filter(each.product_id.notnull()).group_by("product_id").agg(records=_.count())

    return about(filter, "named_products", collect, merge=lambda rows: summed(rows, ["product_id"]))
