"""Authentication: the key of a call, and the origins that browsers may send it from."""

from __future__ import annotations

from contextlib import suppress

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from interactions.access import keys
from interactions.access.keys import Caller
from interactions.api.errors import CallRefused
from interactions.api.exchange import Exchange
from interactions.contract.moments import written
from interactions.models import ApiKey

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_METHODS = "GET, POST, DELETE, OPTIONS"
_HEADERS = "Authorization, Content-Type, Content-Encoding, X-API-KEY"
_BEARER = "bearer "
_DAY = "86400"


def admit(exchange: Exchange, *, scope: ApiKey.Scope) -> Caller:
    """The caller, saved in ``exchange``. Its key must have the ``scope``.

    Raises CallRefused: 401 if the key is missing, unknown or expired, 403 if it isn't allowed to do this.
    """
    request = exchange.request
    text = key_of(request)
    if not text:
        raise CallRefused(
            401,
            "An API key is required: send it as api_key in the query, in the X-API-KEY header, or as a bearer token.",
        )
    caller = keys.find(text)
    if caller is None:
        exchange.former = keys.find_ended(text)
        raise CallRefused(401, _ended(exchange.former))
    exchange.caller = caller
    keys.used(caller)
    permit(request, caller, scope=scope)
    return caller


def _ended(former: Caller | None) -> str:
    if former is None or former.expired_at is None:
        return "This API key is unknown or has been revoked."
    return f"This API key expired on {written(former.expired_at, '%b %-d, %Y')}. Create another one."


def key_of(request: HttpRequest) -> str:
    """The text of a call's key; empty if it has none."""
    given = request.GET.get("api_key") or str(request.META.get("HTTP_X_API_KEY", ""))
    authorization = str(request.META.get("HTTP_AUTHORIZATION", ""))
    if not given and authorization[: len(_BEARER)].lower() == _BEARER:
        given = authorization[len(_BEARER) :].strip()
    return given


def recognise(exchange: Exchange) -> None:
    """Look up the key of a call that was refused before its key was checked; never raises."""
    with suppress(SuspiciousOperation, DatabaseError):
        text = key_of(exchange.request)
        exchange.former = (keys.find(text) or keys.find_ended(text)) if text else None


def permit(request: HttpRequest, caller: Caller, *, scope: ApiKey.Scope) -> None:
    """Raises CallRefused (403) if the key isn't allowed to do this."""
    is_publishable = caller.kind == ApiKey.Kind.PUBLISHABLE
    if scope not in caller.scopes:
        if is_publishable:
            raise CallRefused(403, "A publishable key can only send interactions. Use a secret key for this.")
        given = ", ".join(each for each in ApiKey.Scope if each in caller.scopes)
        raise CallRefused(403, f"This needs a key with the scope {scope}. This key has: {given}.")
    if is_publishable:
        _check_origin(request, caller)


def _check_origin(request: HttpRequest, caller: Caller) -> None:
    allowed = caller.allowed_origins
    origin = request.META.get("HTTP_ORIGIN")
    if not allowed or (ApiKey.NO_ORIGIN if origin is None else origin.lower()) in allowed:
        return
    if origin is None:
        raise CallRefused(403, "This publishable key can't be used without an Origin header.")
    raise CallRefused(403, f"This publishable key can't be used from the origin {origin[:100]}.")


def allow_browsers(response: HttpResponse) -> None:
    """Allow pages of any site to read the response: calls need a key, and cookies are ignored."""
    response.headers[ALLOW_ORIGIN] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Next-Cursor"


def preflight(request: HttpRequest) -> dict[str, str]:
    """The headers of the response to a browser's preflight request."""
    return {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS") or _HEADERS,
        "Access-Control-Max-Age": _DAY,
        "Vary": "Access-Control-Request-Headers",
    }
