"""The way in and out of every address under /v1: whatever happens in between, the answer is JSON."""

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
_ADDRESSES = "interactions.api.urls"  # to look among all would load every page, and what answers its questions
Check: TypeAlias = Callable[[Exchange], object]
_Result = TypeVar("_Result")


@lru_cache(256)  # all calls go to the same few addresses
def _resolved(path: str) -> ResolverMatch:
    return resolve(path, _ADDRESSES)


def _match(request: HttpRequest) -> ResolverMatch:
    """Where a call goes; its route is noted for the request times."""
    match = _resolved(_path(request))
    request.META[ROUTE] = match.url_name
    return match


class View(Protocol):
    """A view that also says whether it refuses a request whose body has not come yet."""

    def __call__(self, request: HttpRequest, **address: str) -> HttpResponse: ...

    def before_body(self, request: HttpRequest) -> HttpResponse | None: ...


def entrance(*methods: str, check: Check | None = None) -> Callable[[Callable[[Exchange], HttpResponse]], View]:
    """Make a view of a function from Exchange to answer, which may raise CallRefused; it is asked ``methods`` only.

    ``check`` raises CallRefused for what the function would refuse whatever the body. Without one it needs no body.
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
    """The refusal of a call whose body has not come yet; None where the body is needed to say."""
    request = WSGIRequest(environ)
    return cast(View, _match(request).func).before_body(request)


def _path(request: HttpRequest) -> str:
    """The path without slashes too many: clients that are given a host with a slash at its end send some."""
    path: str = request.path_info
    return f"/{path.strip('/')}"


def turned_away(environ: dict[str, Any], status: int, sentence: str) -> HttpResponse:
    """The answer to a call whose body never came whole; the Live page is told of it. Never raises."""
    exchange = Exchange(WSGIRequest(environ), reason=sentence)
    access.recognise(exchange)
    return tell_and_dress(exchange, refused(CallRefused(status, sentence)))


def _dressed(response: HttpResponse) -> HttpResponse:
    access.allow_browsers(response)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response._has_been_logged = True  # type: ignore[attr-defined]  # a refused call is for Live, not for the log
    return response


def carry(act: Callable[[Exchange], HttpResponse], exchange: Exchange, methods: tuple[str, ...] = ()) -> HttpResponse:
    """The answer to one call, whatever happens in ``act``; the Live page is told of it."""
    response = _answer(act, exchange, methods)
    deliveries.tell(exchange, response.status_code)
    return response


def tell_and_dress(exchange: Exchange, response: HttpResponse) -> HttpResponse:
    """The answer as it goes out; the Live page is told of it."""
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
    """The answer to a call that was not carried out; to be asked for where ``error`` was caught."""
    if isinstance(error, SuspiciousOperation):  # more fields in the query than Django reads
        error = CallRefused(400, "The query of this address cannot be read.")
    if isinstance(error, CallRefused):
        exchange.reason, exchange.lines = str(error), error.lines
        if exchange.caller is None and error.status in (400, 404, 405):  # nobody has looked at the key
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
    # The path alone, without a token: the query may hold a key, the body people's ids.
    logger.exception(
        "Reference %s: %s %s failed.",
        reference,
        request.method,
        without_token(request.path),
        extra={"request_id": request.META.get(ENVIRON, "")},  # small calls have no thread of their own
    )
    return reference


class Shortcut:
    """Middleware, the first of all: calls of the API go to their view past sessions, forms, pages and their faults.

    Keys say who calls, so nothing that the others do is of use here; it would take longer than the call.
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
