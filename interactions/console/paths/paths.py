"""The Paths page: what people do after a step, or before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.roles import Right
from interactions.analytics.data_sets import settled
from interactions.analytics.reports.paths import END, FEWEST_STEPS, MOST_STEPS, Paths, PathsAsked, paths
from interactions.analytics.reports.reach import reach
from interactions.analytics.step_fields import StepField
from interactions.cohorts.stored import KnownCohorts
from interactions.console.filter.choice import FilterChoice
from interactions.console.filter.context import filter_context
from interactions.console.gate import demand
from interactions.console.paths.diagram import PathDiagram, PathFlow, PathNode, diagram_of, words_of
from interactions.console.people.filter import admit
from interactions.console.spreadsheet import as_file
from interactions.errors import DataNotReady
from interactions.models import Environment
from interactions.product_names import ProductNames, names_of
from interactions.questions.paths import DAYS, FIELDS, PATHS, SESSION, key_option, paths_asked

_MOST_PATHS: Final = 20  # in the table of whole paths
_WIDEST: Final = 136  # characters of the names of a node of each column, in the diagram
_COUNT: Final = 6  # characters that a count takes


@dataclass(frozen=True, slots=True)
class PathsChoice:
    """The page's query parameters; ``through`` is a step and its value that paths are narrowed to."""

    filter: FilterChoice
    asked: PathsAsked
    through: tuple[int, str] | None

    @classmethod
    def of(cls, query: QueryDict, here: Environment) -> PathsChoice:
        """Parse a query string. Invalid values are ignored and reported in ``filter.mistakes``."""
        found = FilterChoice.of(query, here.zone, keep=(*PATHS, "through"), cohorts=KnownCohorts(here))
        asked = paths_asked(query, found.mistakes)
        step, _, name = query.get("through", "").partition(":")
        is_step = step in map(str, range(asked.steps + 1))
        return cls(found, asked, (int(step), name) if is_step and name else None)

    @property
    def noun(self) -> str:
        """What is counted."""
        return "session" if self.asked.is_by_session else "person"


@require_safe
@never_cache
def paths_page(request: HttpRequest, environment: str) -> HttpResponse:
    """The page without its figures, which it loads by itself; ``figures=now`` renders both, ``format=csv`` a file."""
    here = get_object_or_404(Environment, slug=environment)
    choice = PathsChoice.of(request.GET, here)
    fragment = bool(request.htmx)  # type: ignore[attr-defined]
    if not fragment:
        admit(request, here, choice.filter.people, "paths")
    elif choice.filter.people:
        demand(request, Right.PEOPLE, here.slug)
    if request.GET.get("format") == "csv":
        return _as_csv(here, choice)
    context = filter_context(here, choice.filter, "paths") | _form(choice)
    if not context["is_empty"] and (fragment or request.GET.get("figures") == "now"):
        try:
            context |= _figures(here, choice)
        except DataNotReady as error:
            context["trouble"] = str(error)
    response = render(request, "paths/report.html" if fragment else "paths/page.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _form(choice: PathsChoice) -> dict[str, Any]:
    asked = choice.asked
    within = next((name for name, days in DAYS.items() if days == asked.within), SESSION)
    return {
        "asked": asked,
        "within": within,
        "fields": [(field.value, label.capitalize(), field == asked.field) for field, label in FIELDS.items()],
        "key": key_option(asked.field),
        "is_of_types": asked.field == StepField.TYPE,
        "several_steps": range(FEWEST_STEPS, MOST_STEPS + 1),
        "days": [(name, days.days) for name, days in DAYS.items()],
    }


def _asked(here: Environment, choice: PathsChoice) -> Paths:
    """Raises DataNotReady."""
    index = settled(here.slug)
    found = reach(index, timezone.now(), here.zone, choice.filter.parts.import_id)
    return paths(index, choice.filter.filter(found.newest, found.everything), choice.asked)


def _figures(here: Environment, choice: PathsChoice) -> dict[str, Any]:
    everything, asked = _asked(here, choice), choice.asked
    found, through = _narrowed(everything, choice)
    known, words = _known(everything), _product_names(here, everything, asked)
    diagram = diagram_of(found, asked.field, words, is_before=asked.is_before)
    steps = [node.step for column in diagram.columns for node in column[:1]]
    query = choice.filter.query
    return {
        "has_figures": True,
        "total": found.total,
        "whole": everything.total,
        "noun": choice.noun,
        "through": through,
        "without": query(through=None),
        "start_here": query(start=through[1], through=None) if through else "",
        "heads": [_head(step, choice) for step in steps],
        "columns": [[_node(node, choice) for node in column] for column in diagram.columns],
        "flows": diagram.flows,
        "height": diagram.height,
        "width": round(100 / max(1, len(diagram.columns)) - 1.5, 2),
        "edges": _edges(diagram, choice),
        "paths": _whole(found, choice, words),
        "is_cut": len(found.counts) > _MOST_PATHS,
        "known": [(name, words.get(name, "")) for name in known],
        "through_words": words.get(through[1], through[1]) if through else "",
        "start_words": words.get(asked.start, asked.start),
    }


def _known(found: Paths) -> list[str]:
    return sorted({name for names in found.nodes for name in names})


def _product_names(here: Environment, found: Paths, asked: PathsAsked) -> ProductNames:
    """The names of the products that are steps; none if something else is."""
    return names_of(here, [asked.start, *_known(found)]) if asked.field == StepField.PRODUCT else {}


def _narrowed(found: Paths, choice: PathsChoice) -> tuple[Paths, tuple[int, str, str] | None]:
    """The paths through the chosen node; and its step, name and column's title, None where there is no such node."""
    if choice.through is None or choice.through[1] not in found.nodes[choice.through[0]]:
        return found, None
    step, name = choice.through
    place = found.nodes[step].index(name)
    return replace(found, counts=found.counts[found.counts[step] == place]), (step, name, _head(step, choice))


def _head(step: int, choice: PathsChoice) -> str:
    if step == 0:
        return "Start"
    return f"{step} before" if choice.asked.is_before else f"Step {step}"


def _node(node: PathNode, choice: PathsChoice) -> dict[str, Any]:
    link = choice.filter.query(through=node.through) if node.is_value else ""
    return {"node": node, "label": _label(node.words, choice.asked), "link": link, "head": _head(node.step, choice)}


def _label(name: str, asked: PathsAsked) -> str:
    """A name as short as its column is narrow; of a page, without scheme and host."""
    if asked.field == StepField.PAGE:
        host, slash, path = name.partition("://")[2].partition("/")
        name = slash + path if host and slash else name
    most = _WIDEST // (asked.steps + 1) - _COUNT
    return name if len(name) <= most else f"{name[: most // 3]}…{name[1 + most // 3 - most :]}"


def _edges(diagram: PathDiagram, choice: PathsChoice) -> list[dict[str, Any]]:
    """The flows between each two columns, most paths first."""
    sections: dict[tuple[int, int], list[PathFlow]] = {}
    for flow in diagram.flows:
        sections.setdefault((flow.source.step, flow.target.step), []).append(flow)
    ordered = sorted(sections.items(), reverse=choice.asked.is_before)
    return [
        {
            "title": f"{_head(source, choice)} → {_head(target, choice)}",
            "rows": sorted(flows, key=lambda flow: -flow.paths),
        }
        for (source, target), flows in ordered
    ]


def _whole(found: Paths, choice: PathsChoice, words: Mapping[str, str]) -> list[dict[str, Any]]:
    total = found.total
    rows = found.counts.head(_MOST_PATHS).to_numpy().tolist()
    return [
        {
            "names": words_of(found, places, words, is_before=choice.asked.is_before),
            "is_over": END in places,
            "paths": paths,
            "share": paths / total,
        }
        for *places, paths in rows
    ]


def _as_csv(here: Environment, choice: PathsChoice) -> HttpResponse:
    found, _ = _narrowed(_asked(here, choice), choice)
    steps, is_before = range(choice.asked.steps + 1), choice.asked.is_before
    order = steps[::-1] if is_before else steps
    end = "(begin)" if is_before else "(end)"
    names = [[*nodes, *[""] * (END - 1 - len(nodes)), "(other)", end] for nodes in found.nodes]
    counted = "sessions" if choice.asked.is_by_session else "people"
    words = _product_names(here, found, choice.asked)
    heading = [*(_head(step, choice) for step in order), *(f"{_head(step, choice)} name" for step in order if words)]
    rows = []
    for *places, several in found.counts.to_numpy().tolist():
        ids = [names[step][places[step]] for step in order]
        rows.append([*ids, *(words.get(each, "") for each in ids if words), several, several / found.total])
    heading += [counted, "share"]
    return as_file([heading, *rows], f"paths-{here.slug}.csv")
