"""The parameters of reports besides the filter: bar width, split, comparison and funnel steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from django.http import QueryDict

from interactions.analytics.periods import Unit, allowed_units, default_unit
from interactions.analytics.reports.funnel import CONTENT, SHOP, Step, usual_steps
from interactions.contract.schema import TYPES
from interactions.questions.choice import FilterQuery
from interactions.questions.parts import one_of

SPLITS: Final = ("group", "type")
FUNNELS: Final = {"shop": ("Shop", SHOP), "content": ("Content", CONTENT)}
MOST_STEPS: Final = 5
KEPT: Final = ("unit", "split", "compare", "step")


@dataclass(frozen=True, slots=True)
class Choice:
    """The parsed parameters. ``steps`` are types, or one key of FUNNELS; empty to use the default funnel."""

    filter: FilterQuery
    unit: Unit | None
    split: str
    is_compared: bool
    steps: tuple[str, ...]

    @classmethod
    def of(cls, query: QueryDict, zone: tzinfo, form: type[FilterQuery] = FilterQuery) -> Choice:
        """Parse a query string into a ``form``. Invalid values are ignored: ``filter.mistakes`` names them."""
        found = form.of(query, zone, keep=KEPT)
        unit = one_of(query, "unit", [unit.value for unit in Unit], found.mistakes)
        return cls(
            found,
            Unit(unit) if unit else None,
            one_of(query, "split", list(SPLITS), found.mistakes) or "group",
            one_of(query, "compare", ["yes", "no"], found.mistakes) != "no",
            _steps(query, found.mistakes),
        )

    def unit_for(self, start: datetime, end: datetime) -> Unit:
        """The chosen unit if it's allowed for ``[start, end)``, else the default for its length."""
        zone = self.filter.zone
        if self.unit in allowed_units(start, end, zone):
            return self.unit
        return default_unit(start, end, zone)

    def funnel(self, present: set[str]) -> tuple[Step, ...]:
        """The chosen steps, or else a shop's or a publisher's funnel, depending on the types ``present``."""
        if len(self.steps) == 1:
            return FUNNELS[self.steps[0]][1]
        if self.steps:
            return tuple(Step(name, (name,)) for name in self.steps)
        return usual_steps(present)


def _steps(query: QueryDict, mistakes: list[str]) -> tuple[str, ...]:
    given = [word for word in ",".join(query.getlist("step")).split(",") if word]
    if len(given) == 1 and given[0] in FUNNELS:
        return (given[0],)
    unknown = [word for word in given if word not in TYPES]
    mistakes.extend(f"Unknown type: {word[:40]}." for word in unknown)
    steps = tuple(word for word in given if word in TYPES)[:MOST_STEPS]
    return steps if len(steps) > 1 else ()
