"""Every question of the pages, asked of whoever answers: today's queries, the relational expressions, the reports.

All of them give the same frames, so that any two can be compared.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.analytics.properties import Breakdown, Measure
from interactions.analytics.reports.attribution import Assisted
from interactions.analytics.reports.audience import Audience
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.conversion import Conversion, ConversionAsked
from interactions.analytics.reports.data_quality import Measures
from interactions.analytics.reports.funnel import CONTENT, SHOP, Step
from interactions.analytics.reports.paths import Paths, PathsAsked
from interactions.analytics.reports.retention import UNITS, Return
from interactions.analytics.reports.suggestions import SUGGESTED
from interactions.analytics.reports.totals import Totals
from interactions.analytics.step_fields import StepField
from interactions.contract.schema import TYPES


class Answers(Protocol):
    """Whoever answers. The frames are those of the functions of the same names in ``analytics.reports``.

    Ambiguous ids are named by their keys alone: an index doesn't hold ids.
    """

    def totals(self, filter: Filter) -> Totals | None: ...
    def by_type(self, filter: Filter) -> pd.DataFrame: ...
    def over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame: ...
    def sparklines(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame: ...
    def rhythm(self, filter: Filter, zone: ZoneInfo) -> pd.DataFrame: ...
    def users(self, filter: Filter) -> int: ...
    def products(self, filter: Filter) -> int: ...
    def funnel(self, filter: Filter, steps: Sequence[Step]) -> pd.DataFrame: ...
    def retention(self, filter: Filter, asked: Return, unit: Unit, zone: ZoneInfo) -> pd.DataFrame: ...
    def paths(self, filter: Filter, asked: PathsAsked) -> Paths: ...
    def conversion(self, filter: Filter, asked: ConversionAsked) -> Conversion: ...
    def assisted(self, filter: Filter) -> Assisted: ...
    def assisted_over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame: ...
    def top(self, filter: Filter, subject: Subject, limit: int) -> pd.DataFrame: ...
    def top_named(self, filter: Filter, limit: int) -> pd.DataFrame: ...
    def suggestions(self, filter: Filter, field: str, text: str, limit: int) -> pd.DataFrame: ...
    def breakdown(self, filter: Filter, asked: Breakdown, limit: int) -> pd.DataFrame: ...
    def breakdown_over_time(
        self, filter: Filter, asked: Breakdown, values: Sequence[str], unit: Unit, zone: ZoneInfo
    ) -> pd.DataFrame: ...
    def measure(self, zone: ZoneInfo, without_import: int | None) -> Measures: ...
    def added(self, now: datetime, days: int, zone: ZoneInfo) -> pd.DataFrame: ...
    def audience(self) -> Audience: ...
    def links(self) -> pd.DataFrame: ...
    def ambiguous(self, limit: int) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Asked:
    """What a question is about; each takes of it what it needs."""

    filter: Filter
    unit: Unit
    zone: ZoneInfo
    limit: int = 3


def _number(filter: Filter) -> int | None:
    """An import to leave out."""
    return next((int(value) for value in filter.values("import_id", is_not=True)), None)


NOW: Final = datetime(2024, 6, 2, 12, tzinfo=UTC)
BUYERS: Final = Return(("impression", "read"), ("checkout",))
AGAIN: Final = (Step("Seen", ("impression", "read")), Step("Bought", ("checkout",)), Step("Again", ("impression",)))

DAY: Final = timedelta(days=1)
PATHS: Final = PathsAsked(StepField.PAGE, steps=2, within=DAY, is_by_session=True)
TO_BUY: Final = PathsAsked(start="checkout", is_before=True)
BUYING: Final = ConversionAsked(AGAIN, DAY, StepField.DEVICE)
BY_PRODUCT: Final = PathsAsked(StepField.PRODUCT, steps=2, within=DAY)
ELSEWHERE: Final = Step("Seen", ("impression", "read"), (Condition("region", ("Kent",), is_not=True),))
PHONE: Final = Condition("device", ("phone",))
ON_A_PHONE: Final = Step("Anything", TYPES, (PHONE, Condition("referrer", ("EXAMPLE",), contains=True)))
CONDITIONED: Final = ConversionAsked((ELSEWHERE, ON_A_PHONE), DAY, "custom_context.plan")

QUESTIONS: Final[dict[str, Callable[[Answers, Asked], Any]]] = {
    "totals": lambda of, asked: of.totals(asked.filter),
    "by type": lambda of, asked: of.by_type(asked.filter),
    "over time": lambda of, asked: of.over_time(asked.filter, asked.unit, asked.zone),
    "sparklines": lambda of, asked: of.sparklines(asked.filter, asked.unit, asked.zone),
    "rhythm": lambda of, asked: of.rhythm(asked.filter, asked.zone),
    "users": lambda of, asked: of.users(asked.filter),
    "products": lambda of, asked: of.products(asked.filter),
    "funnel of a shop": lambda of, asked: of.funnel(asked.filter, SHOP),
    "funnel of content": lambda of, asked: of.funnel(asked.filter, CONTENT),
    "funnel with a step again": lambda of, asked: of.funnel(asked.filter, AGAIN),
    **{
        f"retention by {unit}": lambda of, asked, unit=unit: of.retention(asked.filter, Return(), unit, asked.zone)
        for unit in UNITS
    },
    "retention of buyers": lambda of, asked: of.retention(asked.filter, BUYERS, Unit.DAY, asked.zone),
    "paths by page": lambda of, asked: of.paths(asked.filter, PATHS),
    "paths to a check-out": lambda of, asked: of.paths(asked.filter, TO_BUY),
    "paths by product": lambda of, asked: of.paths(asked.filter, BY_PRODUCT),
    "conversion with conditions": lambda of, asked: of.conversion(asked.filter, CONDITIONED),
    "conversion by device": lambda of, asked: of.conversion(asked.filter, BUYING),
    "assisted": lambda of, asked: of.assisted(asked.filter),
    "assisted over time": lambda of, asked: of.assisted_over_time(asked.filter, asked.unit, asked.zone),
    **{
        f"top {subject}": lambda of, asked, subject=subject: of.top(asked.filter, subject, asked.limit)
        for subject in Subject
    },
    "top named": lambda of, asked: of.top_named(asked.filter, asked.limit),
    **{
        f"suggestions of {field}": lambda of, asked, field=field: of.suggestions(asked.filter, field, "", asked.limit)
        for field in (*SUGGESTED, "custom_context.plan", "custom_context.a.b")
    },
    "suggestions of a text": lambda of, asked: of.suggestions(asked.filter, "page_url", "A", asked.limit),
    "people by region": lambda of, asked: of.breakdown(asked.filter, Breakdown("region", Measure.PEOPLE), asked.limit),
    "revenue by product over time": lambda of, asked: of.breakdown_over_time(
        asked.filter, Breakdown("product", Measure.REVENUE), ("p1",), asked.unit, asked.zone
    ),
    "conversion by category": lambda of, asked: of.breakdown(
        asked.filter, Breakdown("category", Measure.CONVERSION, "impression"), asked.limit
    ),
    "health": lambda of, asked: of.measure(asked.zone, _number(asked.filter)),
    "added": lambda of, asked: of.added(NOW, 3, asked.zone),
    "audience": lambda of, asked: of.audience(),
    "links": lambda of, asked: of.links().sort_values(["user_key", "anonymous_key"], ignore_index=True),
    "ambiguous": lambda of, asked: of.ambiguous(asked.limit),
}

# DOJO_EXAMPLES=2000 tries so many, and others each time.
EXAMPLES: Final = int(os.environ.get("DOJO_EXAMPLES", "0"))
SOME: Final = examples(
    max_examples=EXAMPLES or 25,
    derandomize=not EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES: Final = st.lists(st.sampled_from(list(QUESTIONS)), min_size=5, max_size=5, unique=True)


def same(one: Any, other: Any) -> None:
    """Assert that two answers are equal, sums of money up to the order in which they were summed."""
    if isinstance(one, pd.DataFrame):
        # Without rows, a column of texts may be of any type.
        pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-9, check_dtype=not other.empty)
        assert one.attrs == other.attrs
    elif is_dataclass(one) and is_dataclass(other):
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-9)
    else:
        assert one == other
