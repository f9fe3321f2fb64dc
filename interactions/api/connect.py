"""/v1/connect: receive other tools' events by webhook.

Some tools stop sending after a few responses that aren't 200. So 4xx is only for what shouldn't be sent again (a wrong
token or signature, too large a body, too many calls), and 5xx means that nothing was stored. Events that can't become
interactions are counted at the connection, and the response is 200.
"""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from interactions import privacy
from interactions.access import audit
from interactions.access.keys import Caller
from interactions.api import limits
from interactions.api.body import check_head, read_body
from interactions.api.entrance import entrance
from interactions.api.errors import CallRefused, answer
from interactions.api.exchange import Exchange
from interactions.api.views import turn_of
from interactions.connectors import SOURCES
from interactions.ingest.connections.accept import accept
from interactions.ingest.connections.find import caller_of, find, is_authentic, is_ping
from interactions.ingest.connections.read import Arrived, read
from interactions.ingest.connections.seal import ConnectionSecretUnreadable
from interactions.ingest.connections.types import options_of
from interactions.models import Connection
from interactions.privacy import wishes

_NOTHING = Arrived()


def _check(exchange: Exchange) -> None:
    """Raises CallRefused for calls that are refused whatever their body."""
    _admit(exchange)
    check_head(exchange.request)


@entrance("POST", check=_check)
def connect(exchange: Exchange) -> HttpResponse:
    """Store the events of a connected tool."""
    connection, caller = _admit(exchange)
    limits.count(caller)
    exchange.body = read_body(exchange.request, or_packed=True)
    if is_ping(connection, exchange.body):
        return _answered(_NOTHING)
    _verify(connection, exchange)
    with turn_of(exchange.body):
        options = options_of(connection.environment_id, connection.source)
        arrived = read(connection.source, exchange.body, options, is_paused=connection.is_paused)
    exchange.records, exchange.lines = arrived.records, arrived.lines
    exchange.shown = b'{"data":[' + b",".join(arrived.all_records) + b"]}"
    if len(arrived.all_records) > settings.API_RECORDS:
        raise CallRefused(413, f"More than {settings.API_RECORDS} interactions in one call. Send them in several.")
    _grant(connection, caller, arrived, exchange.request)
    accept(connection, exchange.received_at, arrived, privacy.refused(connection.environment_id))
    return _answered(arrived)


def _admit(exchange: Exchange) -> tuple[Connection, Caller]:
    """The connection of the URL and its caller, saved in ``exchange``. Raises CallRefused (401)."""
    exchange.shown = b""  # the body isn't shown before its sender is known
    _, _, source, token = exchange.request.path_info.strip("/").split("/")
    connection = find(source, token)
    if connection is None:
        raise CallRefused(401, "This address is unknown: its connection was removed, or its address was rotated.")
    exchange.caller = caller_of(connection)
    return connection, exchange.caller


def _verify(connection: Connection, exchange: Exchange) -> None:
    """Raises CallRefused: 401 if the body isn't signed with the connection's secret, 503 if that can't be checked."""
    try:
        if is_authentic(connection, exchange.request.headers, exchange.body):
            return
    except ConnectionSecretUnreadable as error:
        raise CallRefused(503, str(error)) from error
    header = SOURCES[connection.source].SIGNATURE
    raise CallRefused(401, f"The signature in {header} is missing, or wrong for this body and secret.")


def _grant(connection: Connection, caller: Caller, arrived: Arrived, request: HttpRequest) -> None:
    """Carry out the events' requests on behalf of people, such as erasures. Raises django.db.Error."""
    if not arrived.requests:
        return
    by = replace(caller, key_id=0)  # the activity log has numbers of keys, and a connection isn't a key
    asked_by = f"{SOURCES[connection.source].TITLE}: {connection.name}"
    with audit.acting(by, audit.client_address(request)):
        wishes.grant(connection.environment, arrived.requests, asked_by=asked_by, by=by)


def _answered(arrived: Arrived) -> HttpResponse:
    counts = {"interactions": arrived.records, "skipped": arrived.skipped, "refused": arrived.refused}
    return answer(200, {"errors": False, "message": "success", **counts})
