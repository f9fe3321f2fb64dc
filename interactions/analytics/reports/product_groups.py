"""The group of each product, from the records that name both."""

from __future__ import annotations

import ibis
from ibis import _

from interactions.analytics.engine import steady


def product_groups(environment: str, most: int) -> dict[str, str]:
    """The group with which each product was sent most often, by product id, of at most ``most`` products.

    The lists of a record belong together if it has as many groups as products, or one group for all of them. Of groups
    that were sent equally often, the first in the order of their ids counts. Raises
    :class:`~interactions.warehouse.steady.DataSetBusy`.
    """
    found = steady(environment, lambda parts: parts.ask(lambda table: _most_frequent(table).limit(most)))
    return dict(zip(found["product"].to_pylist(), found["group"].to_pylist(), strict=True))


def _most_frequent(table: ibis.Table) -> ibis.Table:
    counts = _pairs(table).group_by("product", "group").agg(records=_.count())
    window = ibis.window(group_by="product", order_by=[ibis.desc("records"), "group"])
    ranked = counts.mutate(place=ibis.row_number().over(window))
    return ranked.filter(_.place == 0).select("product", "group").order_by("product")


def _pairs(table: ibis.Table) -> ibis.Table:
    """``product, group``: a row for each product of each record."""
    products, groups = table.product_ids, table.product_group_ids
    each = table.filter(products.length() == groups.length()).select(pair=products.zip(groups).unnest())
    one = table.filter(products.length() > 1, groups.length() == 1)
    pairs = ibis.union(
        each.select(product=each.pair.f1, group=each.pair.f2),
        one.select(product=one.product_ids.unnest(), group=one.product_group_ids[0]),
    )
    return pairs.filter(_.product != "", _.group != "")
