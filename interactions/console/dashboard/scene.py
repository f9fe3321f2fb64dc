"""A choice put to the data: the filter it comes to there, and what the panels need to know of it."""

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
from interactions.console.filter_choice import PRESETS
from interactions.console.period_words import address_of, day_of, span
from interactions.models import Environment

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Scene:
    """``start`` and ``end`` are the chart's: the period, or the data where the period is open."""

    environment: Environment
    index: Index
    choice: Choice
    filter: Filter
    reach: Reach
    start: datetime | None
    end: datetime | None
    now: datetime

    @classmethod
    def of(cls, environment: Environment, choice: Choice) -> Scene:
        """Raises IndexBeingBuilt."""
        now, index = timezone.now(), settled(environment.slug)
        # Periods count back from the newest record of all, whatever else is filtered.
        found = reach(index, now, environment.zone, choice.filter.parts.import_id)
        filter = choice.filter.filter(found.newest, found.everything)
        start, end = filter.period.start, filter.period.end
        if found.first is not None and found.last is not None:
            start, end = filter.period.bounded(found.first, found.last)
        return cls(environment, index, choice, filter, found, start, end, now)

    @cached_property
    def types(self) -> pd.DataFrame:
        """The records meant, by type."""
        return totals.by_type(self.index, self.filter)

    @cached_property
    def _period_before(self) -> Period | None:
        """What to compare with, whether there is data or not; None where nothing is compared."""
        return self.choice.filter.before(self.filter.period) if self.choice.is_compared else None

    @cached_property
    def before(self) -> Filter | None:
        """The filter of the period before, where it is to be compared with and there is data from its start on."""
        return self.filter.during(self._period_before) if self._period_before and not self.uncovered else None

    @cached_property
    def uncovered(self) -> str:
        """The day on which the data begins, where that is within the period to compare with, or after it; else empty.

        A day counts as whole: nobody's data begins at midnight sharp.
        """
        period, begins, zone = self._period_before, self.reach.begins, self.environment.zone
        if period is None or period.start is None or period.end is None or begins is None:
            return ""
        unit = Unit.DAY if period.end - period.start >= timedelta(days=1) else Unit.HOUR
        return day_of(begins, zone, period.end) if unit.floor(begins, zone) > period.start else ""

    @cached_property
    def odd_dates(self) -> OddDates | None:
        """The records whose dates can hardly be right; None where the period was chosen by its days."""
        choice = self.choice.filter
        return None if choice.is_custom else OddDates.of(self.index, self.reach, choice)

    @cached_property
    def so_far(self) -> datetime | None:
        """The start of the bar that has not all its data yet: the one with the newest record; None where all have."""
        newest, zone = self.reach.newest, self.environment.zone
        if newest is None or self.start is None or self.end is None or not self.start <= newest:
            return None
        # A bar that the period cuts is not whole either.
        until = min(newest, self.end - _INSTANT)
        bar = self.unit.floor(until, zone)
        return None if is_over(bar, self.unit, zone, until=until, now=self.now) else bar

    @property
    def label(self) -> str:
        """The period in words: open bounds by the days of the first and last record."""
        if self.start is None or self.end is None:
            return PRESETS[self.choice.filter.preset]
        zone, period = self.environment.zone, self.filter.period
        start = period.start or Unit.DAY.floor(self.start, zone)
        return span(start, period.end or Unit.DAY.after(Unit.DAY.floor(self.end - _INSTANT, zone), zone), zone)

    @property
    def label_before(self) -> str:
        """The period before in words; empty where nothing is compared."""
        period = self.before.period if self.before else None
        return span(period.start, period.end, self.environment.zone) if period and period.start and period.end else ""

    @property
    def first_day(self) -> str:
        """The first day of the chart, for a field of dates."""
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
        """Records a bar, a column a type or a group, as chosen."""
        frame = timeseries.over_time(self.index, self.filter, self.unit, self.environment.zone)
        return frame if self.choice.split == "type" else charts.by_group(frame)
