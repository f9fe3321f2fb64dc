"""What interactions name: products, and the part of a check-out's revenue that is each product's."""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _

VIEW: Final = "product_detail_page_view"
CART: Final = "add_to_cart"
BUY: Final = "checkout"
SHOWN: Final = ("impression", "viewable_impression")


def named_products(rows: ibis.Table, *keep: str) -> ibis.Table:
    """``product`` and the columns to ``keep``: a row for each product that an interaction names, nulls left out.

    A product that is named twice has two rows.
    """
    rows = rows.filter(rows.product_ids.notnull())
    named = rows.select(*keep, product=rows.product_ids.unnest())
    return named.filter(_["product"].notnull())


def named_categories(rows: ibis.Table, *keep: str) -> ibis.Table:
    """``category`` and the columns to ``keep``: a row for each category of an interaction, nulls left out."""
    rows = rows.filter(rows.category.notnull())
    named = rows.select(*keep, category=rows.category.unique().unnest())
    return named.filter(named.category.notnull())


def traded_products(rows: ibis.Table, *keep: str) -> ibis.Table:
    """``product_id, type, is_named, revenue`` and the columns to ``keep``: what is viewed, put into carts and bought.

    An interaction has a row for each product that it names, which ``is_named`` and without revenue, and a check-out one
    for each of its lines, with its part of the revenue.
    """
    rows = rows.filter(rows.type.isin([VIEW, CART, BUY]), rows.product_ids.notnull())
    is_one = rows.product_ids.length() <= 1
    named = rows.select("type", *keep, product_id=ibis.ifelse(is_one, rows.product_ids, rows.product_ids.unique()))
    named = named.mutate(product_id=named.product_id.unnest(), is_named=ibis.literal(True), revenue=ibis.literal(0.0))
    paid = _lines(rows.filter(rows.type == BUY, rows.revenue.notnull()), "type", *keep)
    columns = [*keep, "type", "product_id", "is_named", "revenue"]
    both = ibis.union(named.select(columns), paid.mutate(is_named=ibis.literal(False)).select(columns))
    return both.filter(_.product_id.notnull())


def page_of(url: ibis.Value) -> ibis.Value:
    """A URL without query and fragment."""
    return url.re_extract(r"^[^?#]*", 0)


def _lines(checkouts: ibis.Table, *keep: str) -> ibis.Table:
    """``product_id, revenue``: a row a product of each check-out, with its part of the revenue.

    By quantity where there is one for each product, none below 0 and not all of them 0; else in equal parts.
    """
    count, quantities = checkouts.product_ids.length(), checkouts.quantities
    fits = (quantities.length() == count) & (quantities.mins() >= 0) & (quantities.sums() > 0)
    lines = checkouts.filter(count > 0).select(
        *keep, "product_ids", "quantities", "revenue", count=count, fits=fits.fill_null(False), sum=quantities.sums(),
        place=ibis.range(0, count).unnest(),
    )  # fmt: skip
    part = ibis.ifelse(lines.fits, lines.quantities[lines.place] / lines["sum"], 1 / lines["count"])
    return lines.select(*keep, product_id=lines.product_ids[lines.place], revenue=lines.revenue * part)
