"""The question of the Paths page: what people do in a session, from their first interaction or product on."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.asked import AskedQuestion
from interactions.analytics.filters import Filter
from interactions.analytics.index.run import Index
from interactions.analytics.reports.paths import END, PathsAsked, paths
from interactions.analytics.step_fields import StepField

_BY_PRODUCT: Final = PathsAsked(StepField.PRODUCT)


def _types(index: Index, filter: Filter) -> list[Any]:
    """Each distinct path by its types, empty after its end, and how many people have it, most first."""
    found = paths(index, filter, PathsAsked())
    rows = [
        [*(nodes[place] if place < len(nodes) else "" for nodes, place in zip(found.nodes, places, strict=True)), count]
        for *places, count in found.counts.to_numpy().tolist()
    ]
    return sorted(rows, key=_order)


def _types_sql(condition: str) -> str:
    return f"""
        with walked as (
            select arrayMap(each -> each.2, arraySort(groupArray((ts, toString(type))))) as types,
                arrayMap(each -> each.1, arraySort(groupArray((ts, toString(type))))) as times,
                arrayPushFront(arrayPopBack(times), times[1]) as befores,
                arrayFirstIndex((at, before) -> at - before >= 1800, times, befores) as pause,
                arrayCompact(if(pause = 0, types, arraySlice(types, 1, pause - 1))) as steps,
                arrayResize(steps, 4, '') as path
            from bench.event where {condition} and person <> 0 group by person)
        select path[1], path[2], path[3], path[4], count() as people from walked
        group by all order by people desc, path[1], path[2], path[3], path[4]"""


def _products(index: Index, filter: Filter) -> list[Any]:
    """How many people have a path of so many products at least, from 1 on."""
    counts = paths(index, filter, _BY_PRODUCT).counts
    found = [[step + 1, int(counts.loc[counts[step] != END, "paths"].sum())] for step in range(_BY_PRODUCT.steps + 1)]
    return [row for row in found if row[1]]


def _products_sql(condition: str) -> str:
    return f"""
        select step, countIf(length(path) >= step) as people from (
            select arrayCompact(arrayMap(x -> x.3, arrayFilter(x -> x.1 = steps[1].1, steps))) as path from (
                select arraySort(groupArray((session, ts, product))) as steps from (
                    select person, ts, product_ids, sum(is_new) over (partition by person order by ts) as session from (
                        select person, ts, product_ids, lagInFrame(person, 1, 0) over way <> person
                            or ts - lagInFrame(ts, 1, toDateTime64(0, 6)) over way >= 1800 as is_new
                        from bench.event where {condition} and person <> 0
                        window way as (order by person, ts rows between 1 preceding and current row)))
                array join arrayDistinct(product_ids) as product group by person))
        array join [1, 2, 3, 4] as step group by step having people > 0 order by step"""


def _order(row: list[Any]) -> tuple[Any, ...]:
    return -row[-1], *row[:-1]


QUESTIONS = {
    "paths": AskedQuestion(_types, _types_sql, of_all_types=True),
    "paths by product": AskedQuestion(_products, _products_sql, of_all_types=True),
}
