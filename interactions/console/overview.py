"""The overview of an environment: its size and growth, the latest imports and calls, and what to do next."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions import readiness
from interactions.access import keys
from interactions.access.members import standing
from interactions.access.roles import Right
from interactions.analytics.data_sets import Engine, settled
from interactions.analytics.reports import overview as questions
from interactions.analytics.reports.overview import first_look
from interactions.console import charts
from interactions.console.dashboard.odd_dates import OddDates
from interactions.console.filter.choice import FilterChoice
from interactions.console.gate import may, person
from interactions.console.saved.views import address_of
from interactions.contract.moments import local
from interactions.ingest.live import calls as ring
from interactions.ingest.live.calls import RingAway
from interactions.models import Environment, Import
from interactions.saved import notes
from interactions.saved.views import start_of

_DAYS: Final = 30
_RATE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Live:
    """Counts of the calls in the last minutes."""

    calls: int
    records: int
    refused: int
    minutes: int = _RATE // timedelta(minutes=1)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Redirect to the start page of the user's first environment, or explain that there is none."""
    found = standing(person(request))
    if not found.environments:
        return render(request, "no_environment.html")
    first = found.environments[0]
    view = start_of(first, sees_people=found.may(Right.PEOPLE, first.slug))
    return redirect(address_of(view)) if view else redirect("overview", environment=first.slug)


@require_safe
def overview(request: HttpRequest, environment: str) -> HttpResponse:
    """Size, growth, live calls, health, open deletion requests, the latest imports, and the next step."""
    here = get_object_or_404(Environment, slug=environment)
    imports = list(here.imports.select_related("created_by")[:5])
    running = next((imp for imp in imports if not imp.has_ended), None)
    engine = settled(here.slug)
    found = first_look(engine, here.zone)
    totals = found.totals if found else None
    odd = OddDates.of(engine, found.reach, FilterChoice(here.zone)) if found else None
    context: dict[str, Any] = {
        "environment": here,
        "totals": totals,
        "odd": odd,
        "imports": imports,
        "last": imports[0] if imports else None,
        "running": running,
        "with_rejects": next((imp for imp in imports if imp.state == Import.State.DONE_WITH_REJECTS), None),
        "live": _live(here.slug),
        "requests": [request for request in here.deletion_requests.all()[:1000] if request.ended_at is None],
    }
    if may(request, Right.KEYS, here.slug):
        context["expiring_keys"] = keys.expiring(here)
    if totals is not None:
        context |= _growth(here, engine)
    return render(request, "overview/page.html", context)


@require_safe
@never_cache
def overview_health(request: HttpRequest, environment: str) -> HttpResponse:
    """The verdict of the Health page, for the tile that loads it after the page."""
    here = get_object_or_404(Environment, slug=environment)
    return render(request, "overview/health.html", {"environment": here, "report": readiness.report(here)})


def _growth(here: Environment, engine: Engine) -> dict[str, Any]:
    frame = questions.added(engine, timezone.now(), _DAYS, here.zone)
    days = frame.sum(axis=1)
    return {
        "stored": questions.stored(here.slug),
        "added_week": int(days.tail(7).sum()),
        "days": _with_notes(here, charts.columns(frame, here.zone)),
        "days_count": _DAYS,
        "first_day": local(frame.index[0], here.zone).date().isoformat(),
        "last_day": local(frame.index[-1], here.zone).date().isoformat(),
        "added": {name: int(frame[name].sum()) for name in frame},
    }


def _with_notes(here: Environment, days: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The days, each with the ``note`` on it; empty for none."""
    found: dict[date, list[str]] = defaultdict(list)
    for each in notes.between(here, days[0]["day"].date(), days[-1]["day"].date()) if days else []:
        found[each.day].append(each.text)
    return [{**day, "note": "; ".join(found.get(day["day"].date(), []))} for day in days]


def _live(environment: str) -> Live | None:
    since = timezone.now() - _RATE
    try:
        calls = [call for call in ring.recent(environment, limit=1_000) if call.at >= since]
    except RingAway:
        return None
    return Live(len(calls), sum(call.records for call in calls if call.is_ok), sum(not call.is_ok for call in calls))
