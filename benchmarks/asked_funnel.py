"""The question of the Funnel page: how many people take a shop's steps within a day, with and without conditions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from benchmarks.asked import AskedQuestion
from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Filter
from interactions.analytics.index.run import Index
from interactions.analytics.reports.conversion import ConversionAsked, conversion
from interactions.analytics.reports.funnel import SHOP
from interactions.analytics.steps import Step

_DAY: Final = timedelta(days=1)
_VIEW: Final = "product_detail_page_view"
_CONDITIONED: Final = (
    Step("View on a phone", (_VIEW,), (Condition("device", ("phone",)),)),
    Step("Cart", ("add_to_cart",), (Condition("page_contains", ("/p/1",)),)),
    Step("Check-out elsewhere", ("checkout",), (Condition("region", ("region-7",), is_not=True),)),
)


def _question(steps: tuple[Step, ...], more: Mapping[str, str]) -> AskedQuestion:
    """People by the number of steps that they reach, from 1 on; ``more`` is SQL for the conditions of types."""
    types = tuple(step.types[0] for step in steps)
    said = ", ".join(f"type = '{name}' and {more.get(name, 'true')}" for name in types)

    def dojo(index: Index, filter: Filter) -> list[Any]:
        people = conversion(index, filter, ConversionAsked(steps, _DAY)).people
        reached = [*people[list(range(len(steps)))].sum().tolist(), 0]
        several = [count - more for count, more in pairwise(reached)]
        return [[depth, count] for depth, count in enumerate(several, 1) if count]

    def clickhouse(condition: str) -> str:
        window = _DAY // timedelta(microseconds=1)
        return f"""
            select depth, count() as people from (
                select person, windowFunnel({window})(toUInt64(toUnixTimestamp64Micro(ts)), {said}) as depth
                from bench.event where {condition} and person <> 0 and type in {types} group by person)
            where depth > 0 group by depth order by depth"""

    return AskedQuestion(dojo, clickhouse, of_all_types=True)


QUESTIONS = {
    "funnel": _question(SHOP, {}),
    "funnel with conditions": _question(
        _CONDITIONED,
        {
            _VIEW: "device = 'phone'",
            "add_to_cart": "positionCaseInsensitive(page_url, '/p/1') > 0",
            "checkout": "region <> 'region-7'",
        },
    ),
}
