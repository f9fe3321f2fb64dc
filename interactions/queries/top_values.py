"""How often each value of a column occurs: categories, campaigns, pages, regions, devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import pyarrow as pa

from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.kinds import AGENTS, CAMPAIGNS, CATEGORIES, PAGES, REGIONS, Kind
from interactions.queries.measures import conversions, is_summary, records, revenue, summed
from interactions.queries.naming import named_categories, page_of


def categories(filter: Filter) -> Question:
    """``category, records``: how many interactions name each category."""

    def collect(rows: ibis.Table) -> ibis.Table:
        named = rows if is_summary(rows) else named_categories(rows)
        found = named.group_by("category").agg(records=records(named))
        return found.filter(found.records > 0)

    return about(filter, "categories", collect, merge=lambda rows: summed(rows, ["category"]), over=CATEGORIES)


def campaigns(filter: Filter) -> Question:
    """``source, medium, name, records, conversions, revenue``; one or two of the names may be null."""
    names = ("source", "medium", "name")

    def values(rows: ibis.Table) -> dict[str, Any]:
        return {name: rows[f"campaign_{name}"] for name in names}

    return _values(filter, "campaigns", values, CAMPAIGNS)


def pages(filter: Filter) -> Question:
    """``page, records, conversions, revenue`` by the URL without query and fragment."""

    def values(rows: ibis.Table) -> dict[str, Any]:
        return {"page": rows.page if is_summary(rows) else page_of(rows.page_url)}

    return _values(filter, "pages", values, PAGES)


def regions(filter: Filter) -> Question:
    """``region, records, conversions, revenue``."""
    return _values(filter, "regions", lambda rows: {"region": rows.region}, REGIONS)


def devices(filter: Filter) -> Question:
    """``device, records, conversions, revenue``; of a record without a user agent it is unknown."""

    def collect(rows: ibis.Table) -> ibis.Table:
        found = rows.group_by("user_agent").agg(**_sums(rows))
        return found.filter(found.records > 0)

    def conclude(rows: pa.Table) -> pa.Table:
        found = [device_of(agent).value for agent in rows["user_agent"].to_pylist()]
        return summed(rows.drop_columns("user_agent").append_column("device", pa.array(found, pa.string())), ["device"])

    def merge(rows: pa.Table) -> pa.Table:
        return summed(rows, ["user_agent"])

    return about(filter, "devices", collect, merge=merge, conclude=conclude, over=AGENTS)


def _values(
    filter: Filter,
    name: str,
    values: Callable[[ibis.Table], dict[str, Any]],
    over: Kind,
) -> Question:
    """Records, conversions and revenue by ``values``, of the interactions that have at least one of them."""

    def collect(rows: ibis.Table) -> ibis.Table:
        columns = values(rows)
        rows = rows.filter(ibis.or_(*(column.notnull() for column in columns.values())))
        found = rows.group_by(**values(rows)).agg(**_sums(rows))
        return found.filter(found.records > 0)

    def merge(rows: pa.Table) -> pa.Table:
        return summed(rows, [name for name in rows.column_names if name not in _SUMS])

    return about(filter, name, collect, merge=merge, over=over)


_SUMS = ("records", "conversions", "revenue")


def _sums(rows: ibis.Table) -> dict[str, Any]:
    return {"records": records(rows), "conversions": conversions(rows), "revenue": revenue(rows)}
