"""The totals of a page, and the types of records."""

from __future__ import annotations

from typing import Any

import ibis
import pyarrow as pa
from ibis import _

from interactions.analytics.conditions import text_in_context
from interactions.analytics.definitions import AMOUNT, CONVERSIONS, REFUND, REFUND_AMOUNT
from interactions.analytics.filters import Filter
from interactions.analytics.relational import people, products, sessions
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.moments import microseconds
from interactions.contract.schema import GROUP_OF, TYPES


def totals(data: DataSet, filter: Filter) -> ibis.Table:
    """One row: ``interactions, people, users, anonymous, sessions, products, searches, conversions, revenue,
    refunds``, and ``first`` and ``last``, the times of the earliest and the latest record, null without any."""
    rows = data.within(filter)
    sums = rows.agg(
        interactions=rows.count(),
        searches=rows.count(where=rows.type == "search"),
        conversions=conversions(rows),
        revenue=revenue(rows),
        refunds=refunds(rows),
        first=rows.timestamp.min(),
        last=rows.timestamp.max(),
    )
    more = (people.counted(data, filter), sessions.counted(data, filter), products.different(data, filter))
    for each in more:
        sums = sums.cross_join(each)
    return sums


def counted(data: DataSet, filter: Filter) -> ibis.Table:
    """One row: ``records``."""
    return data.within(filter).agg(records=_.count())


def extent(data: DataSet, filter: Filter) -> ibis.Table:
    """One row: ``first, last`` in µs since 1970, null without any record."""
    rows = data.within(filter)
    at = microseconds(rows.timestamp)
    return rows.agg(first=at.min(), last=at.max())


def by_type(data: DataSet, filter: Filter) -> ibis.Table:
    """``type, group, records, share, first, last``: a row for each type that occurs, most records first."""
    places = ibis.memtable(
        pa.table({"name": TYPES, "group": [GROUP_OF[name].value for name in TYPES], "place": range(len(TYPES))})
    )
    rows = data.within(filter)
    found = rows.group_by("type").agg(records=_.count(), first=_.timestamp.min(), last=_.timestamp.max())
    found = found.join(places, [found.type == places.name])
    found = found.mutate(share=found.records / found.records.sum().over(ibis.window()))
    return found.order_by(ibis.desc("records"), "place").select("type", "group", "records", "share", "first", "last")


def conversions(rows: ibis.Table) -> Any:
    """How many of ``rows`` are check-outs and subscriptions."""
    return rows.count(where=rows.type.isin(CONVERSIONS))


def revenue(rows: ibis.Table, where: Any = True) -> Any:
    """The sum of the revenue of check-outs; 0 without any."""
    return rows.revenue.sum(where=(rows.type == "checkout") & where).fill_null(0.0)


def refunds(rows: ibis.Table) -> Any:
    """The sum of the amounts of refunds, which are numbers, or texts that are numbers; 0 without any."""
    extra = ibis.ifelse(rows.type == REFUND, rows.extra, ibis.null("string"))  # the JSON of no other records is parsed
    text = text_in_context(extra, REFUND_AMOUNT)
    amount = ibis.ifelse(text.re_search(f"^{AMOUNT.pattern}$"), text, ibis.null("string")).cast("float64")
    return amount.sum().fill_null(0.0)
