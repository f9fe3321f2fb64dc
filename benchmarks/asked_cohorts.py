"""A cohort as a filter: the records and people of those who viewed three products, came lately and never refunded."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.thin import END
from interactions.analytics.cohorts import CohortCondition, CohortDefinition, CohortRule
from interactions.analytics.filters import Filter
from interactions.analytics.index import cohorts
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Period

_VIEW: Final = "product_detail_page_view"
_MONTH: Final = Period.last_days(30, END)
COHORT: Final = CohortDefinition(
    1,
    "Shoppers",
    (
        CohortRule((_VIEW,), at_least=3),
        CohortRule(("add_to_cart", "checkout"), period=_MONTH),
        CohortRule(("refund",), is_not=True),
    ),
)


def dojo(index: Index, filter: Filter) -> list[Any]:
    """One row, ``records, people`` that pass the filter, of the people in the cohort."""
    cohorts.forget()  # who was in it before, with another filter
    return [list(filtered(index, filter.in_cohorts(CohortCondition((COHORT,)))).size)]


def clickhouse(condition: str) -> str:
    """The same, of the table of ``clickhouse``."""
    assert _MONTH.start
    assert _MONTH.end
    since, until = (round(bound.timestamp() * 1_000_000) for bound in (_MONTH.start, _MONTH.end))
    within = f"ts >= fromUnixTimestamp64Micro({since}, 'UTC') and ts < fromUnixTimestamp64Micro({until}, 'UTC')"
    return f"""
        select count(), uniqExact(person) from bench.event
        where {condition} and person in (
            select person from bench.event where person <> 0 group by person
            having countIf(type = '{_VIEW}') >= 3
                and countIf(type in ('add_to_cart', 'checkout') and {within}) >= 1
                and countIf(type = 'refund') = 0)"""
