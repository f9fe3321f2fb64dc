"""The values of a field that occur, and the number of records that have each."""

from __future__ import annotations

import ibis
from ibis import _

from interactions.analytics.conditions import CUSTOM, host_of, text_in_context
from interactions.analytics.filters import Filter
from interactions.analytics.relational.breakdowns import Ranking, by_category, by_device, page_of, ranked
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.products import named


def suggestions(data: DataSet, filter: Filter, field: str, text: str, limit: int) -> ibis.Table:
    """``value, records`` in the form of :func:`~interactions.analytics.relational.breakdowns.top`: those that contain
    ``text``, regardless of case."""
    found = _counted(data, filter, field).filter(_.value.notnull(), _.value != "")
    if text:
        found = found.filter(_.value.lower().contains(ibis.literal(text).lower()))
    return ranked(found, Ranking(("value",), ("records",)), limit)


def _counted(data: DataSet, filter: Filter, field: str) -> ibis.Table:
    rows = data.within(filter)
    if field == "device":
        return by_device(rows, data.agents).select("records", value=_.device)
    if field == "category":
        return by_category(rows).select("records", value=_.category)
    if field == "product_id":
        values = named(rows).select(value=_.product_id)
    elif field == "page_url":
        values = rows.select(value=page_of(rows.page_url))
    elif field == "referrer":
        values = rows.select(value=host_of(rows.page_referrer))
    elif field.startswith(CUSTOM):
        values = rows.select(value=text_in_context(rows.extra, field.removeprefix(CUSTOM)))
    else:
        values = rows.select(value=rows[field])
    return values.group_by("value").agg(records=_.count())
