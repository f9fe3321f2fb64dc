"""The entry point of all addresses under /v1. Whatever happens, the response is JSON."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve
from django.views.decorators.csrf import csrf_exempt

from dojo.request_id import ENVIRON
from dojo.request_times import ROUTE
from interactions.api import access, deliveries
from interactions.api.errors import CallRefused, answer, refused
from interactions.api.exchange import Exchange, without_token
from interactions.disk import is_full
from interactions.errors import DataNotReady

logger = logging.getLogger(__name__)

PREFIX = "/v1"
_ADDRESSES = "interactions.api.urls"  # resolving among all addresses would load every page and its reports
Check: TypeAlias = Callable[[Exchange], object]
_Result = TypeVar("_Result")


@lru_cache(256)  # all calls go to the same few addresses
def _resolved(path: str) -> ResolverMatch:
    return resolve(path, _ADDRESSES)


def _match(request: HttpRequest) -> ResolverMatch:
    """The view of a call; its route is saved for the request times."""
    match = _resolved(_path(request))
    request.META[ROUTE] = match.url_name
    return match


class View(Protocol):
    """A view that can also refuse a request before its body arrives."""

    def __call__(self, request: HttpRequest, **address: str) -> HttpResponse: ...

    def before_body(self, request: HttpRequest) -> HttpResponse | None: ...


def entrance(*methods: str, check: Check | None = None) -> Callable[[Callable[[Exchange], HttpResponse]], View]:
    """Decorate a function from Exchange to response, which may raise CallRefused, as a view for ``methods``.

    ``check`` raises CallRefused for calls that are refused whatever their body. Without it, the view needs no body.
    """

    def decorate(act: Callable[[Exchange], HttpResponse]) -> View:
        @csrf_exempt
        @login_not_required
        @wraps(act)
        def view(request: HttpRequest, **address: str) -> HttpResponse:
            if request.method == "OPTIONS":
                response = answer(200, {"message": "Go ahead."}, access.preflight(request))
            else:
                response = carry(act, Exchange(request), methods)
            return _dressed(response)

        def before_body(request: HttpRequest) -> HttpResponse | None:
            if check is None or request.method == "OPTIONS":
                return view(request)
            exchange = Exchange(request)
            refusal = _answer(check, exchange, methods)
            if not isinstance(refusal, HttpResponse):
                return None
            return tell_and_dress(exchange, refusal)

        view.before_body = before_body  # type: ignore[attr-defined]
        return cast(View, view)

    return decorate


def before_body(environ: dict[str, Any]) -> HttpResponse | None:
    """The refusal of a call before its body arrives; None if the body is needed to decide."""
    request = WSGIRequest(environ)
    return cast(View, _match(request).func).before_body(request)


def _path(request: HttpRequest) -> str:
    """The path without repeated slashes, which clients send if their host is configured with a slash at the end."""
    path: str = request.path_info
    return f"/{path.strip('/')}"


def turned_away(environ: dict[str, Any], status: int, sentence: str) -> HttpResponse:
    """The response to a call whose body never arrived completely; reported to the Live page. Never raises."""
    exchange = Exchange(WSGIRequest(environ), reason=sentence)
    access.recognise(exchange)
    return tell_and_dress(exchange, refused(CallRefused(status, sentence)))


def _dressed(response: HttpResponse) -> HttpResponse:
    access.allow_browsers(response)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response._has_been_logged = True  # type: ignore[attr-defined]  # a refused call is for Live, not for the log
    return response


def carry(act: Callable[[Exchange], HttpResponse], exchange: Exchange, methods: tuple[str, ...] = ()) -> HttpResponse:
    """The response to a call, whatever happens in ``act``; reported to the Live page."""
    response = _answer(act, exchange, methods)
    deliveries.tell(exchange, response.status_code)
    return response


def tell_and_dress(exchange: Exchange, response: HttpResponse) -> HttpResponse:
    """The response as it's sent, after reporting it to the Live page."""
    deliveries.tell(exchange, response.status_code)
    return _dressed(response)


def _answer(act: Callable[[Exchange], _Result], exchange: Exchange, methods: tuple[str, ...]) -> _Result | HttpResponse:
    request = exchange.request
    try:
        if methods and request.method not in methods:
            allowed = ", ".join((*methods, "OPTIONS"))
            raise CallRefused(405, f"{request.method} is not allowed here: use {allowed}.", {"Allow": allowed})
        return act(exchange)
    except Exception as error:  # noqa: BLE001 - the client parses the answer to any fault
        return trouble(error, exchange)


def trouble(error: Exception, exchange: Exchange) -> HttpResponse:
    """The response to a call that failed; call it in the ``except`` block of ``error``."""
    if isinstance(error, SuspiciousOperation):  # more fields in the query than Django reads
        error = CallRefused(400, "The query of this address cannot be read.")
    if isinstance(error, CallRefused):
        exchange.reason, exchange.lines = str(error), error.lines
        if exchange.caller is None and error.status in (400, 404, 405):  # the key hasn't been checked
            access.recognise(exchange)
        return refused(error)
    if isinstance(error, DataNotReady):
        return refused(CallRefused(503, str(error), {"Retry-After": "5"}))
    if is_full(error):
        logger.warning("The disk is full: calls of the API are refused until there is room")
        text = "The server's disk is full, so nothing was stored. Try again once there is space."
        return refused(CallRefused(503, text, {"Retry-After": "30"}))
    reference = _log(exchange.request)
    if isinstance(error, DatabaseError):
        text = f"The records can't be stored right now, so none was. Try again (reference {reference})."
        return refused(CallRefused(503, text, {"Retry-After": "5"}))
    return refused(CallRefused(500, f"Something went wrong (reference {reference})."))


def _log(request: HttpRequest) -> str:
    reference = secrets.token_hex(4)
    # Only the path, without a token: the query can contain a key, and the body ids of people.
    logger.exception(
        "Reference %s: %s %s failed.",
        reference,
        request.method,
        without_token(request.path),
        extra={"request_id": request.META.get(ENVIRON, "")},  # small calls don't have their own thread
    )
    return reference


class Shortcut:
    """The first middleware: it sends calls of the API straight to their view, past all other middleware.

    Calls are authenticated by keys, so they need no sessions, forms or error pages, which would take longer than they
    do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = _path(request)
        if not f"{path}/".startswith(f"{PREFIX}/"):
            return self.get_response(request)
        view, arguments, named = _match(request)
        response: HttpResponse = view(request, *arguments, **named)
        return response
