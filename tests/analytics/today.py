"""Today's answers: those of ``interactions.queries``, over the lake of one environment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.queries import assisted as assisted_queries
from interactions.queries import audience as audience_queries
from interactions.queries import dashboard, health, identity, overview, tops
from interactions.queries import funnel as funnel_queries
from interactions.queries.assisted import Assisted
from interactions.queries.audience import Audience
from interactions.queries.dashboard import Totals
from interactions.queries.funnel import Step
from interactions.queries.health import Measures
from interactions.queries.tops import Subject


class Today:
    """Every question, asked of the lake as it is."""

    def __init__(self, environment: str = "production") -> None:
        self.environment = environment

    def totals(self, filter: Filter) -> Totals | None:
        return dashboard.totals(self.environment, filter)

    def by_type(self, filter: Filter) -> pd.DataFrame:
        return dashboard.by_type(self.environment, filter)

    def over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return dashboard.over_time(self.environment, filter, unit, zone)

    def sparklines(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return dashboard.sparklines(self.environment, filter, unit, zone)

    def rhythm(self, filter: Filter, zone: ZoneInfo) -> pd.DataFrame:
        return dashboard.rhythm(self.environment, filter, zone)

    def users(self, filter: Filter) -> int:
        return dashboard.users(self.environment, filter)

    def products(self, filter: Filter) -> int:
        return dashboard.products(self.environment, filter)

    def funnel(self, filter: Filter, steps: Sequence[Step]) -> pd.DataFrame:
        return funnel_queries.funnel(self.environment, filter, steps)

    def assisted(self, filter: Filter) -> Assisted:
        return assisted_queries.assisted(self.environment, filter)

    def assisted_over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        return assisted_queries.assisted_over_time(self.environment, filter, unit, zone)

    def top(self, filter: Filter, subject: Subject, limit: int) -> pd.DataFrame:
        return tops.top(self.environment, filter, subject, limit)

    def top_named(self, filter: Filter, limit: int) -> pd.DataFrame:
        return tops.top_named(self.environment, filter, limit)

    def measure(self, zone: ZoneInfo, without_import: int | None) -> Measures:
        return health.measure(self.environment, zone, without_import=without_import)

    def added(self, now: datetime, days: int, zone: ZoneInfo) -> pd.DataFrame:
        return overview.added(self.environment, now, days, zone)

    def audience(self) -> Audience:
        return audience_queries.audience(self.environment)

    def links(self) -> pd.DataFrame:
        return identity.links(self.environment)

    def ambiguous(self, limit: int) -> pd.DataFrame:
        return identity.ambiguous(self.environment, limit).drop(columns="anonymous_id")
