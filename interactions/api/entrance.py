"""The way in and out of every address under /v1: whatever happens in between, the answer is JSON."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeAlias

from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.views.decorators.csrf import csrf_exempt

from interactions.api import access, deliveries
from interactions.api.body import read_off
from interactions.api.errors import Refusal, answer, refused
from interactions.api.exchange import Exchange

logger = logging.getLogger(__name__)

PREFIX = "/v1"
_resolved = lru_cache(256)(resolve)  # all calls go to the same few addresses
View: TypeAlias = Callable[..., HttpResponse]


def entrance(*methods: str) -> Callable[[Callable[[Exchange], HttpResponse]], View]:
    """Make a view of a function from Exchange to answer, which may raise Refusal; it is asked ``methods`` only."""

    def decorate(act: Callable[[Exchange], HttpResponse]) -> View:
        @csrf_exempt
        @login_not_required
        @wraps(act)
        def view(request: HttpRequest, **address: str) -> HttpResponse:
            if request.method == "OPTIONS":
                response = answer(200, {"message": "Go ahead."}, access.preflight(request))
            else:
                response = carry(act, Exchange(request), methods)
            access.allow_browsers(response)
            response.headers["X-Content-Type-Options"] = "nosniff"
            response._has_been_logged = True  # type: ignore[attr-defined]  # a refused call is for Live, not for the log
            return response

        return view

    return decorate


def carry(act: Callable[[Exchange], HttpResponse], exchange: Exchange, methods: tuple[str, ...] = ()) -> HttpResponse:
    """The answer to one call, whatever happens in ``act``; the Live page is told of it."""
    response = _answer(act, exchange, methods)
    deliveries.tell(exchange, response.status_code)
    return response


def _answer(act: Callable[[Exchange], HttpResponse], exchange: Exchange, methods: tuple[str, ...]) -> HttpResponse:
    request = exchange.request
    try:
        if methods and request.method not in methods:
            allowed = ", ".join((*methods, "OPTIONS"))
            raise Refusal(405, f"{request.method} is not understood here: use {allowed}.", {"Allow": allowed})
        return act(exchange)
    except Refusal as refusal:
        exchange.reason, exchange.lines = str(refusal), refusal.lines
        read_off(request)
        return refused(refusal)
    except DatabaseError:
        reference = _log(request)
        text = f"The records cannot be stored at this moment, so they were not. Try again (reference {reference})."
        return refused(Refusal(503, text, {"Retry-After": "5"}))
    except Exception:  # noqa: BLE001 - whatever it is, the client parses the answer
        reference = _log(request)
        return refused(Refusal(500, f"Something unexpected went wrong here (reference {reference})."))


def _log(request: HttpRequest) -> str:
    reference = secrets.token_hex(4)
    # The path alone: the query may hold a key, the body people's ids.
    logger.exception("Reference %s: %s %s failed.", reference, request.method, request.path)
    return reference


class Shortcut:
    """Middleware, the first of all: calls of the API go to their view past sessions, forms, pages and their faults.

    Keys say who calls, so nothing that the others do is of use here; it would take longer than the call.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not f"{request.path_info}/".startswith(f"{PREFIX}/"):
            return self.get_response(request)
        view, arguments, named = _resolved(request.path_info)
        response: HttpResponse = view(request, *arguments, **named)
        return response
