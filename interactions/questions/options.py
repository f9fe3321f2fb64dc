"""The parameters of reports besides the filter: bar width, split, comparison and funnel steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from django.http import QueryDict

from interactions.analytics.periods import Period, Unit, allowed_units, default_unit
from interactions.analytics.reports.funnel import Step
from interactions.analytics.reports.paths import PathsAsked
from interactions.analytics.step_fields import SteppedField
from interactions.cohorts.stored import NO_COHORTS, KnownCohorts
from interactions.questions.choice import FilterQuery
from interactions.questions.parts import one_of
from interactions.questions.paths import paths_asked, window_asked
from interactions.questions.steps import STEP, ChosenStep, steps_chosen

SPLITS: Final = ("group", "type")


class Comparison(StrEnum):
    """What a period is compared with."""

    PREVIOUS = "yes"
    YEAR = "year"
    NONE = "no"

    @property
    def label(self) -> str:
        return _COMPARED_WITH[self]


_COMPARED_WITH: Final = {
    Comparison.PREVIOUS: "previous period",
    Comparison.YEAR: "same days last year",
    Comparison.NONE: "No comparison",
}
KEPT: Final = ("unit", "split", "compare", STEP)


@dataclass(frozen=True, slots=True)
class Choice:
    """The parsed parameters. ``steps`` are empty for the default funnel; a funnel has a ``window`` and a ``breakdown``
    or neither."""

    filter: FilterQuery
    unit: Unit | None
    split: str
    comparison: Comparison
    steps: tuple[ChosenStep, ...]
    paths: PathsAsked
    window: timedelta | None
    breakdown: SteppedField | None

    @classmethod
    def of(
        cls,
        query: QueryDict,
        zone: tzinfo,
        form: type[FilterQuery] = FilterQuery,
        cohorts: KnownCohorts = NO_COHORTS,
    ) -> Choice:
        """Parse a query string into a ``form``. Invalid values are ignored: ``filter.mistakes`` names them."""
        found = form.of(query, zone, keep=KEPT, cohorts=cohorts)
        unit = one_of(query, "unit", [unit.value for unit in Unit], found.mistakes)
        return cls(
            found,
            Unit(unit) if unit else None,
            one_of(query, "split", list(SPLITS), found.mistakes) or "group",
            Comparison(one_of(query, "compare", [each.value for each in Comparison], found.mistakes) or "yes"),
            found.steps,
            paths_asked(query, found.mistakes),
            *window_asked(query, found.mistakes),
        )

    @property
    def is_compared(self) -> bool:
        return self.comparison is not Comparison.NONE

    def before(self, period: Period) -> Period | None:
        """The period to compare ``period`` with; None without a comparison, or if there is none."""
        if self.comparison is Comparison.YEAR:
            return period.year_before(self.filter.zone)
        return self.filter.before(period) if self.is_compared else None

    def unit_for(self, start: datetime, end: datetime) -> Unit:
        """The chosen unit if it's allowed for ``[start, end)``, else the default for its length."""
        zone = self.filter.zone
        if self.unit in allowed_units(start, end, zone):
            return self.unit
        return default_unit(start, end, zone)

    def funnel(self, present: set[str]) -> tuple[Step, ...]:
        """The chosen steps, or else a shop's or a publisher's funnel, depending on the types ``present``."""
        return steps_chosen(self.steps, present, self.filter.product_names)
