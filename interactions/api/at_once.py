"""Handle small calls in the web server's event loop.

They only wait for a commit that many of them share, so a thread for each would cost more than the call. Whatever could
wait for the database or Redis, or take long, is left to a thread.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

from dojo import hosts
from dojo.request_times import ROUTE
from interactions.access import keys
from interactions.access.keys import Caller
from interactions.api import access, limits, views
from interactions.api.body import GZIP
from interactions.api.entrance import tell_and_dress, trouble
from interactions.api.exchange import Exchange
from interactions.ingest import live
from interactions.models import ApiKey

_ADDRESS = "/v1/interactions"
_MOST_BYTES = 16 << 10
_LONGEST_QUERY = 1000  # characters; Django refuses queries with very many fields
_HEADERS = {"HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"}


def at_once(environ: dict[str, Any], body: bytes) -> Awaitable[HttpResponse] | None:
    """The response to a POST of interactions with a complete body; None if a thread has to handle it."""
    if len(body) > _MOST_BYTES or len(environ["QUERY_STRING"]) > _LONGEST_QUERY or body.startswith(GZIP):
        return None
    if environ["PATH_INFO"] != _ADDRESS or environ["REQUEST_METHOD"] != "POST":
        return None
    if not views.ready.is_set() or not _HEADERS.isdisjoint(environ):
        return None
    environ[ROUTE] = "api_interactions"
    request = WSGIRequest(environ)
    caller = keys.leased(access.key_of(request))
    if caller is None or not keys.is_noted(caller) or hosts.refusal_of(request) or not limits.count_at_hand(caller):
        return None
    return _answer(Exchange(request, caller=caller, body=body), caller)


async def _answer(exchange: Exchange, caller: Caller) -> HttpResponse:
    try:
        access.permit(exchange.request, caller, scope=ApiKey.Scope.WRITE)
        call = views.examine(exchange)
        if call.records and not exchange.is_dry_run:
            await live.accepted(caller.environment_id, exchange.received_at, call.records, call.text)
        response = views.taken()
    except Exception as error:  # noqa: BLE001 - the client parses the answer to any fault
        response = trouble(error, exchange)
    return tell_and_dress(exchange, response)
