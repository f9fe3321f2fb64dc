"""The Interactions page: the dashboard of an environment, and the data of its charts."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions import charts
from interactions.errors import DojoError
from interactions.lake import Lake
from interactions.models import Environment
from interactions.queries import dashboard as questions
from interactions.queries.period import Period, Unit, allowed_units
from interactions.views.dashboard_choice import PRESETS, Choice, address_of, span


@dataclass(frozen=True, slots=True)
class Scene:
    """A choice put to the data: the period it means there, and the records by type in that period."""

    environment: str
    choice: Choice
    period: Period
    start: datetime | None  # of the chart: the period, or the data where the period is open
    end: datetime | None
    types: pd.DataFrame

    @classmethod
    def of(cls, environment: str, choice: Choice) -> Scene:
        whole = questions.by_type(environment, import_id=choice.import_id)
        first = None if whole.empty else whole["first"].min().to_pydatetime()
        last = None if whole.empty else whole["last"].max().to_pydatetime()
        period = choice.period(last)
        types = questions.by_type(environment, period, import_id=choice.import_id)
        start, end = (period.start, period.end) if first is None or last is None else period.bounded(first, last)
        return cls(environment, choice, period, start, end, types)

    @property
    def label(self) -> str:
        """The period in words: open bounds by the days of the first and last record."""
        if self.start is None or self.end is None:
            return PRESETS[self.choice.preset]
        return span(
            self.period.start or Unit.DAY.floor(self.start),
            self.period.end or Unit.DAY.after(Unit.DAY.floor(self.end - timedelta(microseconds=1))),
        )

    @property
    def unit(self) -> Unit:
        return self.choice.unit_for(self.start, self.end) if self.start and self.end else Unit.DAY

    @property
    def units(self) -> list[Unit]:
        return allowed_units(self.start, self.end) if self.start and self.end else [Unit.DAY]

    def over_time(self) -> pd.DataFrame:
        """Records a bar, a column a type or a group, as chosen."""
        frame = questions.over_time(self.environment, self.period, self.unit, import_id=self.choice.import_id)
        return frame if self.choice.split == "type" else charts.by_group(frame)


@require_safe
@never_cache
def dashboard(request: HttpRequest, environment: str) -> HttpResponse:
    """The page, at once and without numbers; its script asks again (as htmx would) and gets those.

    ``figures=now`` gives page and numbers in one, for a browser without scripts.
    """
    here = get_object_or_404(Environment, slug=environment)
    choice = Choice.of(request.GET)
    imported = get_object_or_404(here.imports, pk=choice.import_id) if choice.import_id else None
    fragment = bool(request.htmx)  # type: ignore[attr-defined]
    context = {
        "environment": here,
        "choice": choice,
        "imported": imported,
        "version": Lake(here.slug).version(),
        "is_empty": not questions.has_records(here.slug),
        "types": [],
        "groups": [],
        "label": PRESETS[choice.preset],
        **_links(choice),
    }
    if not context["is_empty"] and (fragment or request.GET.get("figures") == "now"):
        try:
            context |= _figures(Scene.of(here.slug, choice), with_people=not fragment)
        except DojoError as error:
            return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    response = render(request, "dashboard/figures.html" if fragment else "dashboard/page.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@never_cache
def dashboard_data(request: HttpRequest, environment: str) -> HttpResponse:
    """What ``panel`` names, as JSON, or as CSV with ``format=csv``; 503 with a sentence if it cannot be read now."""
    here = get_object_or_404(Environment, slug=environment)
    choice = Choice.of(request.GET)
    if choice.import_id:
        get_object_or_404(here.imports, pk=choice.import_id)
    answers = _TABLES if request.GET.get("format") == "csv" else _PANELS
    answer = answers.get(request.GET.get("panel", ""))
    if answer is None:
        return HttpResponseBadRequest(f"panel has to be one of {', '.join(answers)}.", content_type="text/plain")
    try:
        return answer(here.slug, choice)
    except DojoError as error:
        return JsonResponse({"message": str(error)}, status=503)


def _version(environment: str, choice: Choice) -> HttpResponse:
    return JsonResponse({"version": Lake(environment).version(), "is_empty": not questions.has_records(environment)})


def _people(environment: str, choice: Choice) -> HttpResponse:
    return JsonResponse(_distinct(Scene.of(environment, choice)))


def _over_time(environment: str, choice: Choice) -> HttpResponse:
    scene = Scene.of(environment, choice)
    return JsonResponse({"unit": scene.unit, "label": scene.label, "option": charts.over_time(scene.over_time())})


def _over_time_csv(environment: str, choice: Choice) -> HttpResponse:
    scene = Scene.of(environment, choice)
    frame = scene.over_time()
    rows = [
        [charts.stamp(start), *counts] for start, counts in zip(frame.index, frame.to_numpy().tolist(), strict=True)
    ]
    return _csv(scene, f"by-{scene.unit}", ["start_utc", *frame.columns], rows)


def _by_type_csv(environment: str, choice: Choice) -> HttpResponse:
    scene = Scene.of(environment, choice)
    rows = scene.types[["type", "group", "records", "share"]].values.tolist()
    return _csv(scene, "by-type", ["type", "group", "records", "share"], rows)


def _by_group_csv(environment: str, choice: Choice) -> HttpResponse:
    scene = Scene.of(environment, choice)
    return _csv(scene, "by-group", ["group", "records", "share"], questions.by_group(scene.types).values.tolist())


_PANELS = {"version": _version, "people": _people, "over_time": _over_time}
_TABLES = {"over_time": _over_time_csv, "by_type": _by_type_csv, "by_group": _by_group_csv}


def _csv(scene: Scene, what: str, heading: list[str], rows: list[list[Any]]) -> HttpResponse:
    when = ""
    if scene.start and scene.end:
        when = f"-{scene.start:%Y-%m-%d}-to-{scene.end - timedelta(microseconds=1):%Y-%m-%d}"
    name = f"interactions-{scene.environment}-{what}{when}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(response)
    writer.writerow(heading)
    writer.writerows(rows)
    return response


def _figures(scene: Scene, *, with_people: bool) -> dict[str, Any]:
    """What the fragment with numbers shows."""
    choice, types = scene.choice, scene.types
    most = int(types["records"].max()) if len(types) else 1
    groups = questions.by_group(types)
    most_in_group = int(groups["records"].max()) if len(groups) else 1
    return {
        "has_figures": True,
        "label": scene.label,
        "records": int(types["records"].sum()),
        "first": types["first"].min() if len(types) else None,
        "last": types["last"].max() if len(types) else None,
        "types": [
            {
                "name": row.type,
                "group": row.group,
                "records": row.records,
                "colour": charts.colour_of_type(row.type),
                "length": f"{100 * row.records / most:.2f}",
            }
            for row in types.itertuples()
        ],
        "groups": [
            {
                "name": row.group,
                "records": row.records,
                "colour": charts.colour_of_group(row.group),
                "length": f"{100 * row.records / most_in_group:.2f}",
            }
            for row in groups.itertuples()
        ],
        "people": _distinct(scene) if with_people else None,
        "unit": scene.unit,
        "units": [
            (unit, choice.query(unit=unit.value), unit in scene.units, unit == scene.unit)
            for unit in (Unit if scene.unit is Unit.YEAR else (Unit.HOUR, Unit.DAY, Unit.WEEK))
        ],
        "from_day": address_of(Unit.DAY.floor(scene.start)) if scene.start else "",
        "to_day": address_of(scene.end, ends=True)[:10] if scene.end else "",
    }


def _distinct(scene: Scene) -> dict[str, int]:
    found = questions.totals(scene.environment, scene.period, import_id=scene.choice.import_id)
    return {name: getattr(found, name, 0) for name in ("users", "anonymous", "products")}


def _links(choice: Choice) -> dict[str, Any]:
    """The addresses that the chips and toggles lead to."""
    free = replace(choice, start=None, end=None, unit=None)
    return {
        "query": choice.query(),
        "presets": [
            (label, free.query(period=key if key != "all" else None), key == choice.preset and not choice.is_custom)
            for key, label in PRESETS.items()
        ],
        "splits": [
            (split, choice.query(split=split if split != "group" else None), split == choice.split)
            for split in ("group", "type")
        ],
        "without_import": replace(free, preset="all").query(import_=None),
        "without_zoom": free.query(),
        "everything": "?" if not choice.import_id else f"?import={choice.import_id}",
    }
