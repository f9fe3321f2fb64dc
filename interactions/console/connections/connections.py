"""The connections of an environment, and what arrives at each."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.connectors import SOURCES
from interactions.console.connections.guides import GUIDES
from interactions.console.fragments import page_or_fragment
from interactions.models import Connection, Environment, KeptEvent

_MOST_EVENTS: Final = 20  # of each outcome on one page


@require_safe
@never_cache
def connections(request: HttpRequest, environment: str) -> HttpResponse:
    """All connections, newest first, with what arrived in all."""
    here = get_object_or_404(Environment, slug=environment)
    sums = {name: Sum(f"counts__{name}", default=0) for name in ("interactions", "skipped", "refused")}
    rows = here.connections.select_related("created_by").annotate(**sums).order_by("-id")
    listed = [(row, SOURCES[row.source].TITLE) for row in rows]
    answer: HttpResponse = render(request, "connections/list.html", {"environment": here, "connections": listed})
    return answer


@require_safe
@never_cache
def connection(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """One connection; for htmx what arrived, which is asked for again and again."""
    found = get_object_or_404(Connection.objects.select_related("environment"), pk=pk, environment__slug=environment)
    return page_or_fragment(request, "connections/detail.html", "arrivals", _context(request, found))


def _context(request: HttpRequest, found: Connection) -> dict[str, Any]:
    source = SOURCES[found.source]
    kept = found.kept_events.all()
    return {
        "environment": found.environment,
        "connection": found,
        "source": source,
        "guide": GUIDES[found.source],
        "address": request.build_absolute_uri(f"/v1/connect/{found.source}/{found.prefix}…"),
        "counts": found.counts.all(),
        "outcomes": [
            ("Refused", kept.filter(outcome=KeptEvent.Outcome.REFUSED)[:_MOST_EVENTS]),
            ("Skipped", kept.filter(outcome=KeptEvent.Outcome.SKIPPED)[:_MOST_EVENTS]),
        ],
    }
