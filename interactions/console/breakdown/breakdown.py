"""The Breakdown page: a measure for each value of a property, over time and as a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.roles import Right
from interactions.analytics.data_sets import settled, standing
from interactions.analytics.properties import PROPERTIES, Measure
from interactions.cohorts.stored import KnownCohorts
from interactions.console.breakdown.figures import BreakdownFigures, as_csv
from interactions.console.breakdown.words import MEASURES, WORDS, titled
from interactions.console.dashboard.data import DashboardData
from interactions.console.filter.choice import FilterChoice
from interactions.console.gate import demand
from interactions.console.people.filter import admit
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.errors import DataNotReady
from interactions.models import Environment
from interactions.questions.breakdown import KEY, BreakdownChoice
from interactions.questions.choice import PRESETS
from interactions.questions.options import Choice, Comparison
from interactions.questions.parts import one_of

_KEPT: Final = ("unit", "compare", "measure", "by", "goal", "limit", "find")
_LIMITS: Final = ("10", "25", "50", "100")
_LONGEST_FIND: Final = 200


@dataclass(frozen=True, slots=True)
class BreakdownPage:
    """The page's query parameters: ``limit`` is the number of rows, ``find`` a text that the values contain."""

    choice: Choice
    asked: BreakdownChoice
    filter: FilterChoice
    limit: int
    find: str

    @classmethod
    def of(cls, query: QueryDict, here: Environment) -> BreakdownPage:
        """Parse a query string. Invalid values are ignored and reported in ``filter.mistakes``."""
        known = KnownCohorts(here)
        choice = Choice.of(query, here.zone, cohorts=known)
        found = FilterChoice.of(query, here.zone, keep=_KEPT, cohorts=known)
        found.mistakes[:] = choice.filter.mistakes
        asked = BreakdownChoice.of(query, found.mistakes)
        limit = int(one_of(query, "limit", list(_LIMITS), found.mistakes) or _LIMITS[0])
        return cls(replace(choice, filter=found), asked, found, limit, query.get("find", "").strip()[:_LONGEST_FIND])

    def figures(self, here: Environment) -> BreakdownFigures:
        """The answer. Raises DataNotReady."""
        question = DashboardData.of(here, self.choice)
        return BreakdownFigures(question, self.asked.asked(question), self.filter, self.limit, self.find)


@require_safe
@never_cache
def breakdown_page(request: HttpRequest, environment: str) -> HttpResponse:
    """The page without its figures, which it loads by itself; ``figures=now`` renders both, ``format=csv`` a file."""
    here = get_object_or_404(Environment, slug=environment)
    page = BreakdownPage.of(request.GET, here)
    fragment = bool(request.htmx)  # type: ignore[attr-defined]
    if not fragment:
        admit(request, here, page.filter.people, "breakdown")
    elif page.filter.people:
        demand(request, Right.PEOPLE, here.slug)
    if request.GET.get("format") == "csv":
        return as_csv(page.figures(here), here)
    context = _context(here, page)
    if not context["is_empty"] and (fragment or request.GET.get("figures") == "now"):
        try:
            context |= page.figures(here).context()
        except DataNotReady as error:
            context["trouble"] = str(error)
    response = render(request, "breakdown/report.html" if fragment else "breakdown/page.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _context(here: Environment, page: BreakdownPage) -> dict[str, Any]:
    import_id, found, asked = page.filter.parts.import_id, page.filter, page.asked
    is_empty = standing(here.slug).is_empty
    return {
        "environment": here,
        "choice": found,
        "filter_page": "breakdown",
        "is_compared": page.choice.is_compared,
        "comparison": page.choice.comparison,
        "comparisons": [
            (each.label, found.query(compare=each.value), each is page.choice.comparison) for each in Comparison
        ],
        "alone_link": found.query(compare=Comparison.NONE.value),
        "label": PRESETS[found.preset],
        "imported": get_object_or_404(here.imports, pk=import_id) if import_id else None,
        "is_empty": is_empty,
        "query": found.query(),
        "title": titled(asked.measure, asked.by),
        "asked": asked,
        "find": page.find,
        "measures": [(measure.value, words) for measure, words in MEASURES.items()],
        "properties": [(name, WORDS[name]) for name in PROPERTIES],
        "keys": [] if is_empty else _keys(here, asked.key),
        "groups": [(group.value, TYPES_BY_GROUP[group]) for group in TYPES_BY_GROUP],
        "has_goal": asked.measure is Measure.CONVERSION,
        "limits": [(limit, found.query(limit=limit), int(limit) == page.limit) for limit in _LIMITS],
        "pairs": _pairs(found, ("unit", "compare", "limit")),
        "find_pairs": _pairs(found, [name for name in _KEPT if name != "find"]),
    }


def _pairs(found: FilterChoice, names: list[str] | tuple[str, ...]) -> list[tuple[str, str]]:
    """Hidden fields for a form that keeps the filter and these parameters."""
    return [*found.pairs(), *((name, found.kept[name]) for name in names if name in found.kept)]


def _keys(here: Environment, chosen: str) -> list[tuple[str, str]]:
    """The keys of custom_context that are indexed, and the chosen one."""
    try:
        indexed = set(settled(here.slug).custom_keys)
    except DataNotReady:
        indexed = set()
    return [(KEY + key, key) for key in sorted({*indexed, *([chosen] if chosen else [])})]
