"""How often each value of a field occurs, and the most frequent ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis import _

from interactions.analytics.conditions import page_of as page_of
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.relational import products
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.searches import searches
from interactions.analytics.relational.totals import conversions, revenue
from interactions.analytics.reports.breakdowns import Subject

CAMPAIGN: Final = ("source", "medium", "name")


@dataclass(frozen=True, slots=True)
class Ranking:
    """The columns of names, and those that are summed: the first ranks, the others break ties."""

    names: tuple[str, ...]
    sums: tuple[str, ...] = ("records", "conversions", "revenue")


_RANKINGS: Final = {
    Subject.PRODUCTS: Ranking(("product_id",), ("views", "carts", "buys", "revenue")),
    Subject.SEARCHES: Ranking(("keywords",), ("searches", "followed")),
    Subject.CATEGORIES: Ranking(("category",), ("records",)),
    Subject.CAMPAIGNS: Ranking(CAMPAIGN),
    Subject.PAGES: Ranking(("page",)),
    Subject.REGIONS: Ranking(("region",)),
    Subject.DEVICES: Ranking(("device",)),
}


def top(data: DataSet, filter: Filter, subject: Subject, limit: int = 10) -> ibis.Table:
    """The ``limit`` most, most first, and a last row with the sums of all others where there are more.

    Columns are the subject's names, null in that last row, and sums; then ``size``, how many different ones there are,
    and ``of_all``, the first sum over all of them.
    """
    return ranked(_values(data, filter, subject), _RANKINGS[subject], limit)


def top_named(data: DataSet, filter: Filter, limit: int = 10) -> ibis.Table:
    """``product_id, records``: products by the records of any type that name them, as :func:`top`."""
    return ranked(products.of_any_type(data, filter), Ranking(("product_id",), ("records",)), limit)


def _values(data: DataSet, filter: Filter, subject: Subject) -> ibis.Table:
    """The names and sums of a subject, of all its values."""
    if subject is Subject.PRODUCTS:
        return products.traded(data, filter)
    if subject is Subject.SEARCHES:
        return searches(data, filter)
    rows = data.within(filter)
    if subject is Subject.CATEGORIES:
        return by_category(rows)
    if subject is Subject.CAMPAIGNS:
        return _summed(rows, {name: rows[f"campaign_{name}"] for name in CAMPAIGN})
    if subject is Subject.PAGES:
        return _summed(rows, {"page": page_of(rows.page_url)})
    if subject is Subject.REGIONS:
        return _summed(rows, {"region": rows.region})
    return by_device(rows, data.agents)


def _summed(rows: ibis.Table, by: Mapping[str, ibis.Value]) -> ibis.Table:
    """Records, conversions and revenue by some values, of the records that have at least one of them."""
    rows = rows.select("type", "revenue", **by)
    rows = rows.filter(ibis.or_(*(rows[name].notnull() for name in by)))
    return rows.group_by(*by).agg(records=rows.count(), conversions=conversions(rows), revenue=revenue(rows))


def by_category(rows: ibis.Table) -> ibis.Table:
    """``category, records``; a record with several categories counts for each."""
    rows = rows.filter(rows.category.notnull())
    each = rows.select(category=rows.category.unique().unnest()).filter(_.category.notnull())
    return each.group_by("category").agg(records=_.count())


def by_device(rows: ibis.Table, agents: Sequence[str | None]) -> ibis.Table:
    """``device, records, conversions, revenue``; ``agents`` are the user agents that occur."""
    known = sorted({agent or "" for agent in agents})
    devices = ibis.memtable(
        pa.table({"agent": pa.array(known, pa.string()), "device": pa.array(map(device_of, known), pa.string())})
    )
    rows = rows.mutate(agent=rows.user_agent.fill_null(""))
    rows = rows.join(devices, "agent")
    return _summed(rows, {"device": rows.device})


def ranked(found: ibis.Table, asked: Ranking, limit: int) -> ibis.Table:
    """The ``limit`` first rows of ``found``, and the rest in one, as described in :func:`top`."""
    order: list[Any] = [*(ibis.desc(name) for name in asked.sums), *(ibis.asc(name) for name in asked.names)]
    place = ibis.least(ibis.row_number().over(ibis.window(order_by=order)), limit)
    rows = found.mutate(place=place)
    rows = rows.mutate(
        **{name: ibis.ifelse(rows.place < limit, rows[name], ibis.null("string")) for name in asked.names}
    )
    rows = rows.group_by("place", *asked.names).agg(
        **{name: rows[name].sum() for name in asked.sums}, several=rows.count()
    )
    whole = ibis.window()
    rows = rows.mutate(size=rows.several.sum().over(whole), of_all=rows[asked.sums[0]].sum().over(whole))
    return rows.order_by("place").select(*asked.names, *asked.sums, "size", "of_all", is_other=rows.place == limit)
