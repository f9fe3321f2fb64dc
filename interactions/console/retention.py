"""The Retention page: of the people who first came in a day, week or month, how many came back, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pandas as pd
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.roles import Right
from interactions.analytics.data_sets import standing
from interactions.analytics.periods import Unit
from interactions.analytics.reports.reach import Reach, is_over
from interactions.analytics.reports.retention import MOST_BARS, UNITS, retained
from interactions.cohorts.stored import KnownCohorts
from interactions.console.charts import spark
from interactions.console.filter.choice import FilterChoice
from interactions.console.gate import demand
from interactions.console.people.filter import admit
from interactions.console.spreadsheet import as_file
from interactions.contract.moments import local, written
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.errors import DataNotReady
from interactions.models import Environment
from interactions.questions.choice import PRESETS
from interactions.questions.periods import INSTANT, address_of
from interactions.questions.retention import RetentionChoice, returned

_KEPT: Final = ("unit", "first", "returning")
_SHADES: Final = 10


def _choice(query: QueryDict, here: Environment) -> RetentionChoice[FilterChoice]:
    """Invalid values are ignored and reported in ``filter.mistakes``."""
    found = FilterChoice.of(query, here.zone, keep=_KEPT, cohorts=KnownCohorts(here))
    return RetentionChoice.of(query, found, found.mistakes)


@require_safe
@never_cache
def retention_page(request: HttpRequest, environment: str) -> HttpResponse:
    """The page without its figures, which it loads by itself; ``figures=now`` renders both, ``format=csv`` a file."""
    here = get_object_or_404(Environment, slug=environment)
    choice = _choice(request.GET, here)
    fragment = bool(request.htmx)  # type: ignore[attr-defined]
    if not fragment:
        admit(request, here, choice.filter.people, "retention")
    elif choice.filter.people:
        demand(request, Right.PEOPLE, here.slug)
    if request.GET.get("format") == "csv":
        return _as_csv(here, choice)
    context = _context(here, choice)
    if not context["is_empty"] and (fragment or request.GET.get("figures") == "now"):
        try:
            context |= _figures(here, choice)
        except DataNotReady as error:
            context["trouble"] = str(error)
    response = render(request, "retention/report.html" if fragment else "retention/page.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _context(here: Environment, choice: RetentionChoice[FilterChoice]) -> dict[str, Any]:
    import_id = choice.filter.parts.import_id
    return {
        "environment": here,
        "choice": choice.filter,
        "asked": choice,
        "filter_page": "retention",
        "label": PRESETS[choice.filter.preset],
        "from_day": address_of(choice.filter.start, here.zone)[:10] if choice.filter.start else "",
        "to_day": address_of(choice.filter.end, here.zone, ends=True)[:10] if choice.filter.end else "",
        "imported": get_object_or_404(here.imports, pk=import_id) if import_id else None,
        "is_empty": standing(here.slug).is_empty,
        "query": choice.filter.query(),
        "groups": [(group.value, TYPES_BY_GROUP[group]) for group in TYPES_BY_GROUP],
        "pairs": [*choice.filter.pairs(), *(("unit", each) for each in [choice.filter.kept.get("unit")] if each)],
    }


def _figures(here: Environment, choice: RetentionChoice[FilterChoice]) -> dict[str, Any]:
    frame, unit, found = returned(here, choice)
    so_far = _so_far(here, frame, unit, found, choice.filter.period(found.newest, found.everything).end)
    curve = retained(frame, is_last_whole=so_far is None)
    known = [(bar, share) for bar, share in enumerate(curve) if bar and not pd.isna(share)]
    return {
        "has_figures": True,
        "unit": unit,
        "units": [(each, choice.filter.query(unit=each.value), each is unit) for each in UNITS],
        "most": MOST_BARS[unit],
        "is_cut": len(frame) == MOST_BARS[unit],
        "people": int(frame["people"].sum()),
        "columns": list(range(len(frame))),
        "curve": [_cell(None, None if pd.isna(share) else share) for share in curve],
        "line": spark([share for _, share in known]),
        "ends": known[:1] + known[-1:],
        "rows": [
            {
                "start": written(local(start, here.zone), _FORMS[unit]),
                "people": int(row["people"]),
                "cells": _cells(row, len(frame) - place, is_so_far=so_far is not None),
            }
            for place, (start, row) in enumerate(frame.iterrows())
        ],
        "so_far": so_far is not None,
    }


_FORMS: Final = {Unit.DAY: "%b %-d, %Y", Unit.WEEK: "%b %-d, %Y", Unit.MONTH: "%b %Y"}


def _so_far(here: Environment, frame: pd.DataFrame, unit: Unit, found: Reach, end: datetime | None) -> datetime | None:
    """The start of the last bar if it isn't complete yet, or is cut off by the ``end`` of the period."""
    if not len(frame) or found.newest is None:
        return None
    bar: datetime = frame.index[-1].to_pydatetime()
    if found.newest < bar:
        return None
    until = min(found.newest, end - INSTANT if end else found.newest)
    return None if is_over(bar, unit, here.zone, until=until, now=timezone.now()) else bar


def _cells(row: pd.Series, several: int, *, is_so_far: bool) -> list[dict[str, Any]]:
    people = int(row["people"])
    cells = [_cell(int(row[later]), row[later] / people if people else None) for later in range(several)]
    cells[-1]["is_so_far"] = is_so_far
    return cells


def _cell(people: int | None, share: float | None) -> dict[str, Any]:
    """A cell of the heat map: ``shade`` is from 0 to 10."""
    shade = 0 if not share else max(1, round(share * _SHADES))
    return {"people": people, "share": share, "shade": shade, "is_so_far": False}


def _as_csv(here: Environment, choice: RetentionChoice[FilterChoice]) -> HttpResponse:
    frame, unit, _ = returned(here, choice)
    heading = [f"{unit} ({here.time_zone})", "people", *(f"{unit} {later}" for later in range(len(frame)))]
    rows = [
        [
            local(start, here.zone).date().isoformat(),
            int(row["people"]),
            *("" if pd.isna(row[later]) else int(row[later]) for later in range(len(frame))),
        ]
        for start, row in frame.iterrows()
    ]
    return as_file([heading, *rows], f"retention-{here.slug}.csv")
