"""The answers of the reports over an event index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit
from interactions.analytics.reports import (
    attribution,
    audience,
    breakdowns,
    data_quality,
    funnel,
    links,
    overview,
    timeseries,
    totals,
)
from interactions.analytics.reports.attribution import Assisted
from interactions.analytics.reports.audience import Audience
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.data_quality import Measures
from interactions.analytics.reports.funnel import Step
from interactions.analytics.reports.totals import Totals


class Indexed:
    """Every question, asked of an index."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def totals(self, filter: Filter) -> Totals | None:
        return totals.totals(self.index, filter)

    def by_type(self, filter: Filter) -> pd.DataFrame:
        return totals.by_type(self.index, filter)

    def over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return timeseries.over_time(self.index, filter, unit, zone)

    def sparklines(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return timeseries.sparklines(self.index, filter, unit, zone)

    def rhythm(self, filter: Filter, zone: ZoneInfo) -> pd.DataFrame:
        return timeseries.rhythm(self.index, filter, zone)

    def users(self, filter: Filter) -> int:
        return totals.users(self.index, filter)

    def products(self, filter: Filter) -> int:
        return totals.products(self.index, filter)

    def funnel(self, filter: Filter, steps: Sequence[Step]) -> pd.DataFrame:
        return funnel.funnel(self.index, filter, steps)

    def assisted(self, filter: Filter) -> Assisted:
        return attribution.assisted(self.index, filter)

    def assisted_over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return attribution.assisted_over_time(self.index, filter, unit, zone)

    def top(self, filter: Filter, subject: Subject, limit: int) -> pd.DataFrame:
        return breakdowns.top(self.index, filter, subject, limit)

    def top_named(self, filter: Filter, limit: int) -> pd.DataFrame:
        return breakdowns.top_named(self.index, filter, limit)

    def measure(self, zone: ZoneInfo, without_import: int | None) -> Measures:
        return data_quality.measure(self.index, zone, without_import=without_import)

    def added(self, now: datetime, days: int, zone: ZoneInfo) -> pd.DataFrame:
        return overview.added(self.index, now, days, zone)

    def audience(self) -> Audience:
        return audience.audience(self.index)

    def links(self) -> pd.DataFrame:
        return links.links(self.index)

    def ambiguous(self, limit: int) -> pd.DataFrame:
        return links.ambiguous(self.index, limit)
