"""Error responses: refused, not ready yet, and failed."""

from __future__ import annotations

import logging
import secrets
import sys
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from dojo.database import is_away
from interactions.disk import is_full

REFUSED = "Your role doesn't allow this. Ask an owner of the environment for access."

log = logging.getLogger(__name__)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 as JSON, a fragment or a page, depending on the request."""
    if request.path.endswith(".json") or request.get_preferred_type(["text/html", "application/json"]) == (
        "application/json"
    ):
        return JsonResponse({"message": REFUSED}, status=403)
    if request.htmx:  # type: ignore[attr-defined]
        return _for_htmx(request)
    return render(request, "403.html", {"reason": REFUSED}, status=403)


def _for_htmx(request: HttpRequest) -> HttpResponse:
    """htmx ignores the body of a 403.

    If the page itself is refused by now, or the request would change something, have the page reload, which shows the
    refusal. Other fragments don't reload, or the page would do so forever.
    """
    response = HttpResponseForbidden(REFUSED, content_type="text/plain; charset=utf-8")
    page = urlsplit(request.htmx.current_url or "").path  # type: ignore[attr-defined]
    if request.method != "GET" or page == request.path:
        response["HX-Refresh"] = "true"
    return response


def waiting(request: HttpRequest, reason: str) -> HttpResponse:
    """503 while the data set can't be read: a sentence for htmx and scripts, else a page that reloads itself."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(reason, status=503, content_type="text/plain; charset=utf-8")
    return render(request, "waiting.html", {"reason": reason}, status=503)


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """A page with a reference that is also in the log, next to the traceback.

    503 if the disk is full, or the database can't be reached.
    """
    reference = secrets.token_hex(4)
    log.error("Reference %s: %s %s failed.", reference, request.method, request.path, exc_info=True)
    error = sys.exc_info()[1]
    full, away = is_full(error), is_away(error)
    text = render_to_string("500.html", {"reference": reference, "full": full, "away": away})
    return HttpResponseServerError(text, status=503 if full or away else 500)
