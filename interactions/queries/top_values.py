"""How often each value of a column occurs: categories, campaigns, pages, regions, devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import pyarrow as pa
from ibis import _

from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.device import device_of
from interactions.queries.filter import Filter
from interactions.queries.measures import conversions, records, revenue, summed


def categories(filter: Filter) -> Question:
    """``category, records``: how many interactions name each category."""

    def collect(rows: ibis.Table) -> ibis.Table:
        named = rows.filter(rows.category.notnull()).select(category=rows.category.unique().unnest())
        return named.filter(named.category.notnull()).group_by("category").agg(records=_.count())

    return about(filter, "categories", collect, merge=lambda rows: summed(rows, ["category"]))


def campaigns(filter: Filter) -> Question:
    """``source, medium, name, records, conversions, revenue``; one or two of the names may be null."""
    names = ("source", "medium", "name")

    def values(rows: ibis.Table) -> dict[str, Any]:
        return {name: rows[f"campaign_{name}"] for name in names}

    return _values(filter, "campaigns", values)


def pages(filter: Filter) -> Question:
    """``page, records, conversions, revenue`` by the URL without query and fragment."""

    def shortened(found: ibis.Table) -> ibis.Table:  # once for each URL, not for each record
        pages = found.mutate(page=found.page.re_extract(r"^[^?#]*", 0)).group_by("page")
        return pages.agg(records=_.records.sum(), conversions=_.conversions.sum(), revenue=_.revenue.sum())

    return _values(filter, "pages", lambda rows: {"page": rows.page_url}, shortened)


def regions(filter: Filter) -> Question:
    """``region, records, conversions, revenue``."""
    return _values(filter, "regions", lambda rows: {"region": rows.region})


def devices(filter: Filter) -> Question:
    """``device, records, conversions, revenue``; a record without a user agent is of an other device."""

    def collect(rows: ibis.Table) -> ibis.Table:
        return rows.group_by("user_agent").agg(**_sums(rows))

    def conclude(rows: pa.Table) -> pa.Table:
        found = [device_of(agent).value for agent in rows["user_agent"].to_pylist()]
        return summed(rows.drop_columns("user_agent").append_column("device", pa.array(found, pa.string())), ["device"])

    return about(filter, "devices", collect, merge=lambda rows: summed(rows, ["user_agent"]), conclude=conclude)


def _values(
    filter: Filter,
    name: str,
    values: Callable[[ibis.Table], dict[str, Any]],
    refined: Callable[[ibis.Table], ibis.Table] = lambda found: found,
) -> Question:
    """Records, conversions and revenue by ``values``, of the interactions that have at least one of them."""

    def collect(rows: ibis.Table) -> ibis.Table:
        columns = values(rows)
        rows = rows.filter(ibis.or_(*(column.notnull() for column in columns.values())))
        return refined(rows.group_by(**values(rows)).agg(**_sums(rows)))

    def merge(rows: pa.Table) -> pa.Table:
        return summed(rows, [name for name in rows.column_names if name not in _SUMS])

    return about(filter, name, collect, merge=merge)


_SUMS = ("records", "conversions", "revenue")


def _sums(rows: ibis.Table) -> dict[str, Any]:
    return {"records": records(rows), "conversions": conversions(rows), "revenue": revenue(rows)}
