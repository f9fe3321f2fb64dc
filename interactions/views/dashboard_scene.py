"""A choice put to the data: the filter it comes to there, and what the panels need to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import pandas as pd

from interactions import charts
from interactions.models import Environment
from interactions.queries import dashboard as questions
from interactions.queries.filter import Filter
from interactions.queries.period import Unit, allowed_units
from interactions.views.dashboard_choice import Choice
from interactions.views.filter_choice import PRESETS, address_of, span

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Scene:
    """``start`` and ``end`` are the chart's: the period, or the data where the period is open."""

    environment: Environment
    choice: Choice
    filter: Filter
    start: datetime | None
    end: datetime | None

    @classmethod
    def of(cls, environment: Environment, choice: Choice) -> Scene:
        """Raises DataSetBusy."""
        # Periods count back from the newest record of all, whatever else is filtered.
        whole = questions.by_type(environment.slug, Filter(import_id=choice.filter.parts.import_id))
        first = None if whole.empty else whole["first"].min().to_pydatetime()
        last = None if whole.empty else whole["last"].max().to_pydatetime()
        filter = choice.filter.filter(last)
        period = filter.period
        start, end = (period.start, period.end) if first is None or last is None else period.bounded(first, last)
        return cls(environment, choice, filter, start, end)

    @property
    def slug(self) -> str:
        return self.environment.slug

    @cached_property
    def types(self) -> pd.DataFrame:
        """The records meant, by type."""
        return questions.by_type(self.slug, self.filter)

    @cached_property
    def before(self) -> Filter | None:
        """The filter of the period before, where there is one and it is to be compared with."""
        period = self.filter.period.previous(self.environment.zone) if self.choice.is_compared else None
        return self.filter.during(period) if period else None

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
        frame = questions.over_time(self.slug, self.filter, self.unit, self.environment.zone)
        return frame if self.choice.split == "type" else charts.by_group(frame)
