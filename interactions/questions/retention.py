"""The parameters of retention, and its answer: who first came, and who came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

import pandas as pd
from django.http import QueryDict
from django.utils import timezone

from interactions.analytics.data_sets import settled
from interactions.analytics.periods import Unit
from interactions.analytics.reports.reach import Reach, reach
from interactions.analytics.reports.retention import UNITS, Return, retention
from interactions.contract.schema import TYPES
from interactions.models import Environment
from interactions.questions.choice import FilterQuery
from interactions.questions.parts import one_of

_WIDEST: Final = {Unit.DAY: timedelta(days=31), Unit.WEEK: timedelta(weeks=26)}

Form = TypeVar("Form", bound=FilterQuery)


@dataclass(frozen=True, slots=True)
class RetentionChoice(Generic[Form]):
    """The parsed parameters; a type that is empty means any."""

    filter: Form
    unit: Unit | None
    first: str
    returning: str

    @classmethod
    def of(cls, query: QueryDict, filter: Form, mistakes: list[str]) -> RetentionChoice[Form]:
        """Parse a query string. Invalid values are ignored; a sentence about each is added to ``mistakes``."""
        unit = one_of(query, "unit", [unit.value for unit in UNITS], mistakes)
        first, returning = (one_of(query, name, list(TYPES), mistakes) or "" for name in ("first", "returning"))
        return cls(filter, Unit(unit) if unit else None, first, returning)

    @property
    def asked(self) -> Return:
        """What the report is asked."""
        return Return((self.first,) if self.first else TYPES, (self.returning,) if self.returning else TYPES)

    def unit_of(self, found: Reach) -> Unit:
        """The chosen unit, or the finest in which the whole period has a place."""
        period = self.filter.period(found.newest, found.everything)
        if self.unit or found.first is None or found.newest is None:
            return self.unit or Unit.WEEK
        start, end = period.bounded(found.begins or found.first, found.newest)
        return next((unit for unit, widest in _WIDEST.items() if end - start <= widest), Unit.MONTH)


def returned(here: Environment, choice: RetentionChoice[Form]) -> tuple[pd.DataFrame, Unit, Reach]:
    """The report, its unit, and when there are records. Raises DataNotReady."""
    index, zone = settled(here.slug), choice.filter.zone
    found = reach(index, timezone.now(), zone, choice.filter.parts.import_id)
    unit = choice.unit_of(found)
    return retention(index, choice.filter.filter(found.newest, found.everything), choice.asked, unit, zone), unit, found
