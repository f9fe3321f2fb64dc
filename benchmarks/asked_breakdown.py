"""Breakdowns: people by region, revenue by campaign source, sessions by page, products by region."""

from __future__ import annotations

from typing import Any

from benchmarks.asked import AskedQuestion, Dojo
from interactions.analytics.filters import Filter
from interactions.analytics.index.run import Index
from interactions.analytics.properties import Breakdown, Measure
from interactions.analytics.reports.breakdown import breakdown

_LIMIT = 10


def _dojo(asked: Breakdown) -> Dojo:
    def answer(index: Index, filter: Filter) -> list[Any]:
        frame = breakdown(index, filter, asked, _LIMIT)
        names = ["people", "converted"] if asked.measure is Measure.CONVERSION else [asked.measure.value]
        rows = zip(*(frame[name].tolist() for name in ("value", *names)), strict=True)
        return [list(row) for row in rows if row[0] is not None]  # without the rows of others and of no value

    return answer


def _sql(text: str) -> Any:
    return lambda condition: text.format(condition=condition)


_SESSIONS = """
    select page_url as value, uniqExact(person, session) as amount from (
        select person, page_url, sum(is_new) over (partition by person order by ts) as session from (
            select person, ts, page_url, lagInFrame(person, 1, 0) over way <> person
                or ts - lagInFrame(ts, 1, toDateTime64(0, 6)) over way >= 1800 as is_new
            from bench.event where {condition} and person <> 0
            window way as (order by person, ts rows between 1 preceding and current row)))
    where page_url <> '' group by value order by amount desc, value limit 10"""
_CONVERSION = """
    select region as value, count() as people, countIf(won) as converted from (
        select region, person, any(has_won) as won from bench.event join (
            select person, max(type = 'checkout') as has_won from bench.event where {condition} and person <> 0
            group by person) as goal using person
        where {condition} and region <> '' group by region, person)
    group by value order by people desc, value limit 10"""

QUESTIONS = {
    "people by region": AskedQuestion(
        _dojo(Breakdown("region", Measure.PEOPLE)),
        _sql(
            """select region as value, uniqExact(person) as amount from bench.event
            where {condition} and person <> 0 and region <> '' group by value order by amount desc, value limit 10"""
        ),
    ),
    "revenue by campaign": AskedQuestion(
        _dojo(Breakdown("source", Measure.REVENUE)),
        _sql(
            """select campaign_source as value, sum(revenue) as amount from bench.event
            where {condition} and campaign_source <> '' group by value having amount <> 0
            order by amount desc, value limit 10"""
        ),
    ),
    "sessions by page": AskedQuestion(_dojo(Breakdown("page", Measure.SESSIONS)), _sql(_SESSIONS)),
    "people by product": AskedQuestion(
        _dojo(Breakdown("product", Measure.PEOPLE)),
        _sql(
            """select product as value, uniqExact(person) as amount from bench.event array join product_ids as product
            where {condition} and person <> 0 group by value order by amount desc, value limit 10"""
        ),
    ),
    "products by region": AskedQuestion(
        _dojo(Breakdown("region", Measure.PRODUCTS)),
        _sql(
            """select region as value, uniqExact(product) as amount from bench.event array join product_ids as product
            where {condition} and region <> '' group by value order by amount desc, value limit 10"""
        ),
    ),
    "conversion by region": AskedQuestion(
        _dojo(Breakdown("region", Measure.CONVERSION)), _sql(_CONVERSION), of_all_types=True
    ),
}
