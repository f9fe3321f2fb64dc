"""The dashboard's parameters applied to the data: the resulting filter, and what all panels need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import pandas as pd
from django.utils import timezone

from interactions.analytics.data_sets import Index, settled
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period, Unit, allowed_units
from interactions.analytics.reports import timeseries, totals
from interactions.analytics.reports.reach import Reach, is_over, reach
from interactions.console import charts
from interactions.console.dashboard.choice import Choice
from interactions.console.dashboard.odd_dates import OddDates
from interactions.console.filter.choice import PRESETS
from interactions.console.filter.periods import address_of, day_of, span
from interactions.models import Environment

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class DashboardData:
    """``start`` and ``end`` bound the chart: those of the period, or of the data where the period is open."""

    environment: Environment
    index: Index
    choice: Choice
    filter: Filter
    reach: Reach
    start: datetime | None
    end: datetime | None
    now: datetime

    @classmethod
    def of(cls, environment: Environment, choice: Choice) -> DashboardData:
        """Raises IndexBeingBuilt."""
        now, index = timezone.now(), settled(environment.slug)
        # Periods count back from the newest record, regardless of other filters.
        found = reach(index, now, environment.zone, choice.filter.parts.import_id)
        filter = choice.filter.filter(found.newest, found.everything)
        start, end = filter.period.start, filter.period.end
        if found.first is not None and found.last is not None:
            start, end = filter.period.bounded(found.first, found.last)
        return cls(environment, index, choice, filter, found, start, end, now)

    @cached_property
    def types(self) -> pd.DataFrame:
        """Records by type."""
        return totals.by_type(self.index, self.filter)

    @cached_property
    def _period_before(self) -> Period | None:
        """The previous period, whether or not it has data; None without a comparison."""
        return self.choice.filter.before(self.filter.period) if self.choice.is_compared else None

    @cached_property
    def before(self) -> Filter | None:
        """The filter for the previous period; None without a comparison, or if the data begins within it."""
        return self.filter.during(self._period_before) if self._period_before and not self.uncovered else None

    @cached_property
    def uncovered(self) -> str:
        """The day on which the data begins if the previous period isn't fully covered; else empty.

        A partial first day counts as covered, because data rarely begins at midnight.
        """
        period, begins, zone = self._period_before, self.reach.begins, self.environment.zone
        if period is None or period.start is None or period.end is None or begins is None:
            return ""
        unit = Unit.DAY if period.end - period.start >= timedelta(days=1) else Unit.HOUR
        return day_of(begins, zone, period.end) if unit.floor(begins, zone) > period.start else ""

    @cached_property
    def odd_dates(self) -> OddDates | None:
        """Records with implausible dates; None for a custom period."""
        choice = self.choice.filter
        return None if choice.is_custom else OddDates.of(self.index, self.reach, choice)

    @cached_property
    def so_far(self) -> datetime | None:
        """The start of the incomplete bar, which has the newest record; None if all bars are complete."""
        newest, zone = self.reach.newest, self.environment.zone
        if newest is None or self.start is None or self.end is None or not self.start <= newest:
            return None
        # A bar that the period cuts off is incomplete, too.
        until = min(newest, self.end - _INSTANT)
        bar = self.unit.floor(until, zone)
        return None if is_over(bar, self.unit, zone, until=until, now=self.now) else bar

    @property
    def label(self) -> str:
        """The period in words, with open bounds replaced by the days of the first and last record."""
        if self.start is None or self.end is None:
            return PRESETS[self.choice.filter.preset]
        zone, period = self.environment.zone, self.filter.period
        start = period.start or Unit.DAY.floor(self.start, zone)
        return span(start, period.end or Unit.DAY.after(Unit.DAY.floor(self.end - _INSTANT, zone), zone), zone)

    @property
    def label_before(self) -> str:
        """The previous period in words; empty without a comparison."""
        period = self.before.period if self.before else None
        return span(period.start, period.end, self.environment.zone) if period and period.start and period.end else ""

    @property
    def first_day(self) -> str:
        """The first day of the chart, for a date field."""
        return address_of(self.start, self.environment.zone)[:10] if self.start else ""

    @property
    def last_day(self) -> str:
        return address_of(self.end, self.environment.zone, ends=True)[:10] if self.end else ""

    @property
    def unit(self) -> Unit:
        return self.choice.unit_for(self.start, self.end) if self.start and self.end else Unit.DAY

    @property
    def units(self) -> list[Unit]:
        return allowed_units(self.start, self.end, self.environment.zone) if self.start and self.end else [Unit.DAY]

    def over_time(self) -> pd.DataFrame:
        """Records per bar, with a column per type or group."""
        frame = timeseries.over_time(self.index, self.filter, self.unit, self.environment.zone)
        return frame if self.choice.split == "type" else charts.by_group(frame)
