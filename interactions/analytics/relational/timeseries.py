"""Records and totals over time: by the bars of a chart, and by local time."""

from __future__ import annotations

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational import products, sessions
from interactions.analytics.relational.bars import by_clock, every, in_bars
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.moments import DAY, HOUR, floor, microseconds, since_monday
from interactions.analytics.relational.totals import conversions, refunds, revenue


def over_time(data: DataSet, filter: Filter, bars: ibis.Table) -> ibis.Table:
    """``start, type, records``: a row for each bar and type with records."""
    return in_bars(_dated(data, filter), bars).group_by("start", "type").agg(records=_.count())


def sparklines(data: DataSet, filter: Filter, bars: ibis.Table) -> ibis.Table:
    """``start, interactions, people, sessions, products, searches, conversions, revenue, refunds``: a row for each
    bar.

    A session counts in the bar where it begins, a person and a product in every bar where they occur.
    """
    rows = in_bars(_dated(data, filter), bars)
    sums = rows.group_by("start").agg(
        interactions=rows.count(),
        searches=rows.count(where=rows.type == "search"),
        conversions=conversions(rows),
        revenue=revenue(rows),
        refunds=refunds(rows),
    )
    named = products.different_in_bars(data, filter, bars)
    return every(bars, sums, sessions.visits(data, filter, bars), named).order_by("start")


def assisted_over_time(data: DataSet, filter: Filter, bars: ibis.Table) -> ibis.Table:
    """``start, assisted, other``: records with and without a miso_id; a row for each bar."""
    rows = in_bars(_dated(data, filter), bars)
    found = rows.group_by("start").agg(assisted=rows.miso_id.count(), other=rows.count() - rows.miso_id.count())
    return every(bars, found).order_by("start")


def rhythm(data: DataSet, filter: Filter, clock: ibis.Table) -> ibis.Table:
    """``weekday, hour, records``: Monday is 0; hours of the week without records are left out."""
    rows = by_clock(_dated(data, filter), clock)
    rows = rows.mutate(passed=since_monday(rows.here))
    rows = rows.mutate(weekday=floor(rows.passed, DAY), hour=floor(rows.passed, HOUR))
    found = rows.group_by("weekday", "hour").agg(records=_.count())
    return found.mutate(weekday=_.weekday // DAY, hour=(_.hour - _.weekday) // HOUR)


def by_day(data: DataSet, filter: Filter, clock: ibis.Table) -> ibis.Table:
    """``day, records``: local days with records, as the midnights of the same dates in UTC, in µs since 1970."""
    rows = by_clock(_dated(data, filter), clock)
    return rows.group_by(day=floor(rows.here, DAY)).agg(records=_.count())


def _dated(data: DataSet, filter: Filter) -> ibis.Table:
    rows = data.within(filter)
    return rows.select("type", "miso_id", "revenue", "extra", at=microseconds(rows.timestamp))
