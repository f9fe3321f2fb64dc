"""What the dashboard shows of a question besides its reports: its period in words, and records with odd dates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from interactions.analytics.periods import Unit, allowed_units
from interactions.console.dashboard.odd_dates import OddDates
from interactions.questions.choice import PRESETS
from interactions.questions.periods import INSTANT, address_of, span
from interactions.questions.question import ReportQuestion


@dataclass(frozen=True)
class DashboardData(ReportQuestion):
    """A question as the dashboard shows it."""

    @cached_property
    def odd_dates(self) -> OddDates | None:
        """Records with implausible dates; None for a custom period."""
        choice = self.choice.filter
        return None if choice.is_custom else OddDates.of(self.engine, self.reach, choice)

    @property
    def label(self) -> str:
        """The period in words, with open bounds replaced by the days of the first and last record."""
        if self.start is None or self.end is None:
            return PRESETS[self.choice.filter.preset]
        zone, period = self.environment.zone, self.filter.period
        start = period.start or Unit.DAY.floor(self.start, zone)
        return span(start, period.end or Unit.DAY.after(Unit.DAY.floor(self.end - INSTANT, zone), zone), zone)

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
    def units(self) -> list[Unit]:
        return allowed_units(self.start, self.end, self.environment.zone) if self.start and self.end else [Unit.DAY]
