"""The connections of an environment, and the events that arrive."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.connectors import SOURCES
from interactions.console.connections.guides import GUIDES
from interactions.console.connections.pulls import pull_context, pull_of
from interactions.console.fragments import page_or_fragment
from interactions.ingest.connections.types import SOURCES_WITH_TYPES
from interactions.ingest.streams.lag import state_of
from interactions.models import Connection, Environment, KeptEvent, Stream

_MOST_EVENTS: Final = 20  # per outcome on a page


@require_safe
@never_cache
def connections(request: HttpRequest, environment: str) -> HttpResponse:
    """All connections, newest first, with their total counts."""
    here = get_object_or_404(Environment, slug=environment)
    sums = {name: Sum(f"counts__{name}", default=0) for name in ("interactions", "skipped", "refused")}
    rows = here.connections.select_related("created_by", "stream", "pull").annotate(**sums).order_by("-id")
    listed = [(row, _title(row)) for row in rows]
    answer: HttpResponse = render(request, "connections/list.html", {"environment": here, "connections": listed})
    return answer


@require_safe
@never_cache
def connection(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """A connection. For htmx, which polls, only the events that arrived."""
    found = get_object_or_404(
        Connection.objects.select_related("environment", "stream"), pk=pk, environment__slug=environment
    )
    pull = pull_of(found)
    if pull is not None:
        return page_or_fragment(request, "connections/pull.html", "days", pull_context(pull))
    return page_or_fragment(request, "connections/detail.html", "arrivals", _context(request, found))


def _title(connection: Connection) -> str:
    """The name of a connection's source or stream."""
    stream = getattr(connection, "stream", None)
    return stream.get_kind_display() if stream else SOURCES[connection.source].TITLE


def _context(request: HttpRequest, found: Connection) -> dict[str, Any]:
    kept = found.kept_events.all()
    stream = getattr(found, "stream", None)
    return {
        "environment": found.environment,
        "connection": found,
        "has_types": found.source in SOURCES_WITH_TYPES,
        "counts": found.counts.all(),
        "outcomes": [
            ("Refused", kept.filter(outcome=KeptEvent.Outcome.REFUSED)[:_MOST_EVENTS]),
            ("Skipped", kept.filter(outcome=KeptEvent.Outcome.SKIPPED)[:_MOST_EVENTS]),
        ],
        **(_of_stream(stream) if stream else _of_address(request, found)),
    }


def _of_address(request: HttpRequest, found: Connection) -> dict[str, Any]:
    return {
        "source": SOURCES[found.source],
        "guide": GUIDES[found.source],
        "address": request.build_absolute_uri(f"/v1/connect/{found.source}/{found.prefix}") + "…",
    }


def _of_stream(stream: Stream) -> dict[str, Any]:
    source = SOURCES.get(stream.connection.source)
    return {
        "stream": stream,
        "state": state_of(stream),
        "messages_of": source.TITLE if source else "Any source, recognized message by message",
    }
