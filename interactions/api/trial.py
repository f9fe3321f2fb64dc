"""The API page's "Send a test interaction": a call of /v1 that is authenticated by the session instead of a key."""

from __future__ import annotations

import json
from http import HTTPStatus
from io import BytesIO

from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST

from interactions.access.keys import Caller
from interactions.access.members import standing
from interactions.access.roles import Right
from interactions.api.body import read_body
from interactions.api.entrance import carry
from interactions.api.exchange import Exchange
from interactions.api.views import receive
from interactions.models import ApiKey, Environment

CLIENT = "API-page"  # its name on the Live page


@require_POST
def trial(request: HttpRequest, environment: str) -> HttpResponse:
    """Send the form's ``body`` like any other call, and show the status and the response.

    Everyone who sees the page may check records in a dry run; storing them requires the right to import.
    """
    here = get_object_or_404(Environment, slug=environment)
    dry_run = request.GET.get("dry_run") == "1"
    if not dry_run and not standing(request.user).may(Right.IMPORT, environment):
        raise PermissionDenied
    caller = Caller(
        key_id=0,
        name=f"Log-in of {request.user.get_username()}",
        prefix="",
        kind=ApiKey.Kind.SECRET,
        allowed_origins=(),
        environment_id=here.pk,
        environment=here.slug,
    )

    def act(exchange: Exchange) -> HttpResponse:
        exchange.body = read_body(exchange.request)
        return receive(exchange, caller)

    exchange = Exchange(_call(request.POST.get("body", "").encode(), dry_run), caller=caller)
    response = carry(act, exchange)
    context = {
        "environment": here,
        "dry_run": dry_run,
        "records": exchange.records,
        "status": response.status_code,
        "phrase": HTTPStatus(response.status_code).phrase,
        "answer": json.dumps(json.loads(response.content), indent=2, ensure_ascii=False),
    }
    template = "api/outcome.html"
    shown = render(request, f"{template}#outcome" if request.htmx else template, context)  # type: ignore[attr-defined]
    patch_vary_headers(shown, ["HX-Request"])
    return shown


def _call(body: bytes, dry_run: bool) -> HttpRequest:
    """The call as a client would send it."""
    return WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/v1/interactions",
            "QUERY_STRING": "dry_run=1" if dry_run else "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_USER_AGENT": CLIENT,
            "wsgi.input": BytesIO(body),
        }
    )
