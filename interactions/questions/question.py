"""A report's parameters applied to the data: the resulting filter, the bars, and what is compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Self

import pandas as pd
from django.utils import timezone

from interactions.analytics.data_sets import Engine, settled
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period, Unit
from interactions.analytics.reports import timeseries, totals
from interactions.analytics.reports.reach import Reach, is_over, reach
from interactions.models import Environment
from interactions.questions.options import Choice
from interactions.questions.periods import INSTANT, day_of


@dataclass(frozen=True)
class ReportQuestion:
    """``start`` and ``end`` bound the chart: they're the period's, or the data's if the period is open."""

    environment: Environment
    engine: Engine
    choice: Choice
    filter: Filter
    reach: Reach
    start: datetime | None
    end: datetime | None
    now: datetime

    @classmethod
    def of(cls, environment: Environment, choice: Choice) -> Self:
        """Raises IndexBeingBuilt."""
        now, engine = timezone.now(), settled(environment.slug)
        # Periods count back from the newest record, regardless of other filters.
        found = reach(engine, now, choice.filter.zone, choice.filter.parts.import_id)
        filter = choice.filter.filter(found.newest, found.everything)
        start, end = filter.period.start, filter.period.end
        if found.first is not None and found.last is not None:
            start, end = filter.period.bounded(found.first, found.last)
        return cls(environment, engine, choice, filter, found, start, end, now)

    @property
    def zone(self) -> tzinfo:
        """The time zone of days, hours and bars."""
        return self.choice.filter.zone

    @cached_property
    def types(self) -> pd.DataFrame:
        """Records by type."""
        return totals.by_type(self.engine, self.filter)

    @cached_property
    def present(self) -> set[str]:
        """The types that occur in the period, regardless of the filter's types."""
        everything = self.filter.of_all_types()
        types = self.types if everything == self.filter else totals.by_type(self.engine, everything)
        return set(types["type"])

    @cached_property
    def _period_before(self) -> Period | None:
        """The period to compare with, whether or not it has data; None without a comparison."""
        return self.choice.before(self.filter.period)

    @cached_property
    def before(self) -> Filter | None:
        """The filter for the previous period; None without a comparison, or if the data begins within it."""
        return self.filter.during(self._period_before) if self._period_before and not self.uncovered else None

    @cached_property
    def uncovered(self) -> str:
        """The day on which the data begins if the previous period isn't fully covered; else empty.

        A partial first day counts as covered, because data rarely begins at midnight.
        """
        period, begins, zone = self._period_before, self.reach.begins, self.zone
        if period is None or period.start is None or period.end is None or begins is None:
            return ""
        unit = Unit.DAY if period.end - period.start >= timedelta(days=1) else Unit.HOUR
        return day_of(begins, zone, period.end) if unit.floor(begins, zone) > period.start else ""

    @cached_property
    def so_far(self) -> datetime | None:
        """The start of the incomplete bar, which has the newest record; None if all bars are complete."""
        newest, zone = self.reach.newest, self.zone
        if newest is None or self.start is None or self.end is None or not self.start <= newest:
            return None
        # A bar that the period cuts off is incomplete, too.
        until = min(newest, self.end - INSTANT)
        bar = self.unit.floor(until, zone)
        return None if is_over(bar, self.unit, zone, until=until, now=self.now) else bar

    @property
    def unit(self) -> Unit:
        return self.choice.unit_for(self.start, self.end) if self.start and self.end else Unit.DAY

    def over_time(self) -> pd.DataFrame:
        """Records per bar, with a column per type or group."""
        frame = timeseries.over_time(self.engine, self.filter, self.unit, self.zone)
        return frame if self.choice.split == "type" else timeseries.of_groups(frame)
