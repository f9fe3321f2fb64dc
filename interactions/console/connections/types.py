"""Event types: the interaction types of a source's events in an environment, by event name."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from interactions.connectors import SOURCES
from interactions.console.gate import person
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.ingest.connections.names import names_seen
from interactions.ingest.connections.types import SOURCES_WITH_TYPES, TypeRefused, keep_types
from interactions.models import Environment

DEFAULT: Final = "default"
SKIP: Final = "skip"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def event_types(request: HttpRequest, environment: str, source: str) -> HttpResponse:
    """The table of a source's event names, and what each becomes. POST keeps what is chosen."""
    here = get_object_or_404(Environment, slug=environment)
    if source not in SOURCES_WITH_TYPES:
        raise Http404
    if request.method == "POST":
        return _keep(request, here, source)
    context = {
        "environment": here,
        "source": SOURCES[source],
        "sources": [SOURCES[name] for name in SOURCES_WITH_TYPES],
        "names": names_seen(here, source),
        "type_choices": TYPES_BY_GROUP,
    }
    answer: HttpResponse = render(request, "connections/types.html", context)
    return answer


def _keep(request: HttpRequest, here: Environment, source: str) -> HttpResponse:
    """Rows come as ``name`` and ``type``, in pairs; names quoted, as browsers change line breaks."""
    names = [unquote(name) for name in request.POST.getlist("name")]
    rows = dict(zip(names, request.POST.getlist("type"), strict=False))
    if new := request.POST.get("new_name", "").strip():
        rows[new] = request.POST.get("new_type", DEFAULT)
    chosen = {name: None if kind == SKIP else kind for name, kind in rows.items() if kind != DEFAULT}
    defaults = frozenset(rows) - chosen.keys()
    try:
        changed = keep_types(here, source, chosen, defaults=defaults, user=person(request))
    except TypeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        changes = f"{changed:,} event type{'' if changed == 1 else 's'} changed."
        said = f"{changes} This applies to events that arrive from now on."
        messages.success(request, said if changed else "Nothing was changed.")
    return redirect("event_types", environment=here.slug, source=source)
