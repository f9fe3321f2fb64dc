"""The answers of the reports, from an event index or another engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.analytics.properties import Breakdown
from interactions.analytics.question import Engine
from interactions.analytics.reports import (
    attribution,
    audience,
    breakdown,
    breakdowns,
    conversion,
    data_quality,
    funnel,
    links,
    overview,
    paths,
    retention,
    suggestions,
    timeseries,
    totals,
)
from interactions.analytics.reports.attribution import Assisted
from interactions.analytics.reports.audience import Audience
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.conversion import Conversion, ConversionAsked
from interactions.analytics.reports.data_quality import Measures
from interactions.analytics.reports.funnel import Step
from interactions.analytics.reports.paths import Paths, PathsAsked
from interactions.analytics.reports.retention import Return
from interactions.analytics.reports.totals import Totals


class Indexed:
    """Every question, asked of an index or of whoever answers in its place."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def totals(self, filter: Filter) -> Totals | None:
        return totals.totals(self.engine, filter)

    def by_type(self, filter: Filter) -> pd.DataFrame:
        return totals.by_type(self.engine, filter)

    def over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return timeseries.over_time(self.engine, filter, unit, zone)

    def sparklines(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return timeseries.sparklines(self.engine, filter, unit, zone)

    def rhythm(self, filter: Filter, zone: ZoneInfo) -> pd.DataFrame:
        return timeseries.rhythm(self.engine, filter, zone)

    def users(self, filter: Filter) -> int:
        return totals.users(self.engine, filter)

    def products(self, filter: Filter) -> int:
        return totals.products(self.engine, filter)

    def funnel(self, filter: Filter, steps: Sequence[Step]) -> pd.DataFrame:
        return funnel.funnel(self.engine, filter, steps)

    def retention(self, filter: Filter, asked: Return, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return retention.retention(self.engine, filter, asked, unit, zone)

    def paths(self, filter: Filter, asked: PathsAsked) -> Paths:
        return paths.paths(self.engine, filter, asked)

    def conversion(self, filter: Filter, asked: ConversionAsked) -> Conversion:
        return conversion.conversion(self.engine, filter, asked)

    def assisted(self, filter: Filter) -> Assisted:
        return attribution.assisted(self.engine, filter)

    def assisted_over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return attribution.assisted_over_time(self.engine, filter, unit, zone)

    def top(self, filter: Filter, subject: Subject, limit: int) -> pd.DataFrame:
        return breakdowns.top(self.engine, filter, subject, limit)

    def top_named(self, filter: Filter, limit: int) -> pd.DataFrame:
        return breakdowns.top_named(self.engine, filter, limit)

    def suggestions(self, filter: Filter, field: str, text: str, limit: int) -> pd.DataFrame:
        return suggestions.suggestions(self.engine, filter, field, text, limit)

    def breakdown(self, filter: Filter, asked: Breakdown, limit: int) -> pd.DataFrame:
        return breakdown.breakdown(self.engine, filter, asked, limit)

    def breakdown_over_time(
        self, filter: Filter, asked: Breakdown, values: Sequence[str], unit: Unit, zone: ZoneInfo
    ) -> pd.DataFrame:
        return breakdown.breakdown_over_time(self.engine, filter, asked, values, unit, zone)

    def measure(self, zone: ZoneInfo, without_import: int | None) -> Measures:
        return data_quality.measure(self.engine, zone, without_import=without_import)

    def added(self, now: datetime, days: int, zone: ZoneInfo) -> pd.DataFrame:
        return overview.added(self.engine, now, days, zone)

    def audience(self) -> Audience:
        return audience.audience(self.engine)

    def links(self) -> pd.DataFrame:
        return links.links(self.engine)

    def ambiguous(self, limit: int) -> pd.DataFrame:
        return links.ambiguous(self.engine, limit)
