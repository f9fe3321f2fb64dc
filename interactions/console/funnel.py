"""The Funnel page: how many people take some steps within a window, how long it takes them, and who does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

import pandas as pd
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.roles import Right
from interactions.analytics.data_sets import Engine, settled
from interactions.analytics.filters import Filter
from interactions.analytics.reports.conversion import Conversion, ConversionAsked, conversion
from interactions.analytics.reports.reach import reach
from interactions.analytics.reports.totals import by_type
from interactions.analytics.step_fields import StepField, SteppedField
from interactions.analytics.steps import Step
from interactions.cohorts.stored import KnownCohorts
from interactions.console.filter.choice import FilterChoice
from interactions.console.filter.context import filter_context
from interactions.console.funnel_steps import slots_of
from interactions.console.gate import demand
from interactions.console.people.filter import admit
from interactions.console.spreadsheet import as_file
from interactions.errors import DataNotReady
from interactions.models import Environment
from interactions.product_names import ProductNames, names_of
from interactions.questions.funnels import step_table, value_table
from interactions.questions.paths import FIELDS, WINDOW, WINDOWS, key_option, window_asked, words_of_field
from interactions.questions.steps import FUNNELS, STEP, steps_chosen

_WINDOW_NAMES: Final = {
    "30min": "30 minutes",
    "1h": "1 hour",
    "1d": "1 day",
    "7d": "7 days",
    "30d": "30 days",
}
_BARS: Final = (
    *("under 1 min", "1 – 5 min", "5 – 15 min", "15 – 30 min", "30 – 60 min", "1 – 3 h", "3 – 12 h", "12 – 24 h"),
    *("1 – 3 days", "3 – 7 days", "7 – 14 days", "14 – 30 days", "30 days or more"),
)


@dataclass(frozen=True, slots=True)
class FunnelChoice:
    """The page's query parameters. The steps are the filter's, none for the default."""

    filter: FilterChoice
    window: timedelta | None
    by: SteppedField | None

    @classmethod
    def of(cls, query: QueryDict, here: Environment) -> FunnelChoice:
        """Parse a query string. Invalid values are ignored and reported in ``filter.mistakes``."""
        found = FilterChoice.of(query, here.zone, keep=(STEP, *WINDOW), cohorts=KnownCohorts(here))
        return cls(found, *window_asked(query, found.mistakes))

    def asked(self, engine: Engine, filter: Filter) -> ConversionAsked:
        """What the report is asked."""
        steps = self.filter.steps
        present = set() if steps else set(by_type(engine, filter.of_all_types())["type"])
        return ConversionAsked(steps_chosen(steps, present, self.filter.product_names), self.window, self.by)


@require_safe
@never_cache
def funnel_page(request: HttpRequest, environment: str) -> HttpResponse:
    """The page without its figures, which it loads by itself; ``figures=now`` renders both, ``format=csv`` a file."""
    here = get_object_or_404(Environment, slug=environment)
    choice = FunnelChoice.of(request.GET, here)
    fragment = bool(request.htmx)  # type: ignore[attr-defined]
    if not fragment:
        admit(request, here, choice.filter.people, "funnel")
    elif choice.filter.people:
        demand(request, Right.PEOPLE, here.slug)
    if request.GET.get("format") == "csv":
        return _as_csv(here, choice)
    context = filter_context(here, choice.filter, "funnel")
    if not context["is_empty"] and (fragment or request.GET.get("figures") == "now"):
        try:
            context |= _figures(here, choice)
        except DataNotReady as error:
            context["trouble"] = str(error)
    response = render(request, "funnel/report.html" if fragment else "funnel/page.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _asked(here: Environment, choice: FunnelChoice) -> tuple[Conversion, tuple[Step, ...]]:
    """Raises DataNotReady."""
    engine = settled(here.slug)
    found = reach(engine, timezone.now(), here.zone, choice.filter.parts.import_id)
    filter = choice.filter.filter(found.newest, found.everything)
    asked = choice.asked(engine, filter)
    return conversion(engine, filter, asked), asked.steps


def _figures(here: Environment, choice: FunnelChoice) -> dict[str, Any]:
    found, steps = _asked(here, choice)
    table = step_table(found, steps)
    people = table["people"].tolist()
    return {
        "has_figures": True,
        "is_asked": True,
        "first": people[0],
        "last": people[-1],
        "rows": [_row(row) for row in table.to_dict("records")],
        "times": _times(found, steps),
        "bars": _bars(found),
        "by": words_of_field(choice.by) if choice.by else "",
        "values": _values(found, steps, _words(here, choice, found)) if choice.by else [],
        "names": [step.name for step in steps],
        **_form(choice, steps),
    }


def _form(choice: FunnelChoice, steps: tuple[Step, ...]) -> dict[str, Any]:
    query = choice.filter.query
    return {
        "presets": [(label, query(step=name), steps == preset) for name, (label, preset) in FUNNELS.items()],
        "slots": slots_of(choice.filter, steps),
        "windows": [(name, label, WINDOWS[name] == choice.window) for name, label in _WINDOW_NAMES.items()],
        "window": next((label for name, label in _WINDOW_NAMES.items() if WINDOWS[name] == choice.window), ""),
        "breakdowns": [(field.value, label.capitalize(), field == choice.by) for field, label in FIELDS.items()],
        "key": key_option(choice.by),
    }


def _row(row: dict[Any, Any]) -> dict[str, Any]:
    found = {str(name): None if pd.isna(value) else value for name, value in row.items()}
    return {**found, "length": round(100 * (found["of_first"] or 0), 2)}


def _times(found: Conversion, steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """The percentiles by step, then of the whole way."""
    names = [f"{one.name} → {other.name}" for one, other in pairwise(steps)]
    rows = [[None if pd.isna(value) else value for value in row] for row in found.took.to_numpy().tolist()]
    return [{"name": name, "seconds": row} for name, row in zip([*names, "All steps"], rows, strict=True)]


def _bars(found: Conversion) -> list[dict[str, Any]]:
    """The histogram from its first to its last bar with people."""
    there = [place for place, people in enumerate(found.histogram) if people]
    if not there:
        return []
    total, most = sum(found.histogram), max(found.histogram)
    return [
        {
            "name": _BARS[place],
            "people": found.histogram[place],
            "share": found.histogram[place] / total,
            "length": round(100 * found.histogram[place] / most, 2),
        }
        for place in range(there[0], there[-1] + 1)
    ]


def _words(here: Environment, choice: FunnelChoice, found: Conversion) -> ProductNames:
    return names_of(here, found.people["value"]) if choice.by == StepField.PRODUCT else {}


def _values(found: Conversion, steps: tuple[Step, ...], words: ProductNames) -> list[dict[str, Any]]:
    """A row per value, with the people and their share of the first step for each step."""
    rows = []
    for row in found.people.to_dict("records"):
        people = [int(row[step]) for step in range(len(steps))]
        rows.append(
            {
                "name": words.get(row["value"]) or row["value"] or ("All others" if row["is_other"] else "None"),
                "full": row["value"],
                "is_value": row["value"] is not None,
                "people": people[0],
                "steps": [(count, count / people[0]) for count in people[1:]],
                "length": round(100 * people[-1] / people[0], 2),
            }
        )
    return rows


def _as_csv(here: Environment, choice: FunnelChoice) -> HttpResponse:
    found, steps = _asked(here, choice)
    table = step_table(found, steps)
    if choice.by:
        table = value_table(found, steps)
        words = _words(here, choice, found)
        if words:
            table.insert(1, "product_name", [words.get(value, "") for value in table["value"]])
        names = zip(table["value"], table.pop("is_other"), strict=True)
        table["value"] = [value or ("(other)" if is_other else "(none)") for value, is_other in names]
    return as_file([list(table.columns), *table.to_numpy(object).tolist()], f"funnel-{here.slug}.csv")
