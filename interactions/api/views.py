"""The views of the API: send interactions, delete people's interactions, and a clear response to everything else."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpResponse

from interactions import privacy
from interactions.access import audit
from interactions.access.keys import Caller
from interactions.api import access, limits
from interactions.api.body import check_head, read_body
from interactions.api.entrance import entrance
from interactions.api.errors import CallRefused, answer
from interactions.api.exchange import Exchange
from interactions.codec import check_call
from interactions.codec.calls import BadCall, Call
from interactions.ingest import live
from interactions.models import ApiKey, Environment

Scope = ApiKey.Scope
_LONGEST_ID = 512  # characters of a user_id
_SHAPE = 'The body must be a JSON object with a list called "user_ids".'
_LARGE_BYTES = 1 << 20
_one_large = threading.Lock()
ready = threading.Event()
"""Set once this process has handled a call and loaded all that calls need."""


def _check(exchange: Exchange) -> None:
    """Raises CallRefused for calls that are refused whatever their body."""
    access.admit(exchange, scope=Scope.DELETE if exchange.request.method == "DELETE" else Scope.WRITE)
    check_head(exchange.request)


def _check_deletion(exchange: Exchange) -> None:
    access.admit(exchange, scope=Scope.DELETE)
    check_head(exchange.request)


@entrance("POST", "DELETE", check=_check)
def interactions(exchange: Exchange) -> HttpResponse:
    """POST adds records, DELETE erases those of people."""
    return _send(exchange) if exchange.request.method == "POST" else _erase(exchange)


@entrance("POST", check=_check_deletion)
def deletion(exchange: Exchange) -> HttpResponse:
    """Erase people's records, for clients whose DELETE has no body."""
    return _erase(exchange)


@entrance()
def unknown(exchange: Exchange) -> HttpResponse:
    """Any other address."""
    raise CallRefused(404, "There is nothing at this API address.")


def _send(exchange: Exchange) -> HttpResponse:
    return receive(exchange, _admit(exchange, Scope.WRITE))


def receive(exchange: Exchange, caller: Caller) -> HttpResponse:
    """Check the body's records and add them to the inbox of the caller's environment. Raises CallRefused."""
    call = examine(exchange)
    if call.records and not exchange.is_dry_run:
        live.accept(caller.environment_id, exchange.received_at, call.records, call.text)
    ready.set()
    return taken()


def examine(exchange: Exchange) -> Call:
    """The body's records, all of them valid. Raises CallRefused."""
    call = _checked(exchange)
    exchange.records = call.records
    if call.records > settings.API_RECORDS:
        raise CallRefused(413, f"More than {settings.API_RECORDS} records in one call. Send them in several.")
    if call.problems:
        raise CallRefused(422, _invalid(call), lines=call.problems.lines)
    return call


def taken() -> HttpResponse:
    """The response to a call that is stored durably."""
    # No "data", which clients would take for the content of the response.
    return answer(200, {"errors": False, "message": "success"})


def _invalid(call: Call) -> str:
    invalid, verb = call.problems.records, "is" if call.problems.records == 1 else "are"
    noun = "record" if call.records == 1 else "records"
    message = f"{invalid:,} of {call.records:,} {noun} {verb} invalid, so none was stored."
    more = call.problems.more
    if more:
        message += f" {more:,} more violation{' is' if more == 1 else 's are'} not listed."
    return message


def turn_of(body: bytes) -> AbstractContextManager[object]:
    """A context in which large calls are read one at a time: in parallel they'd take as long, and more memory."""
    return _one_large if len(body) > _LARGE_BYTES else nullcontext()


def _checked(exchange: Exchange) -> Call:
    """The body's records, each checked. Raises CallRefused (400)."""
    try:
        with turn_of(exchange.body):
            return check_call(exchange.body)
    except BadCall as error:
        raise CallRefused(400, str(error)) from error


def _erase(exchange: Exchange) -> HttpResponse:
    caller = _admit(exchange, Scope.DELETE)
    user_ids = _user_ids(exchange.body)
    people = f"{len(user_ids)} user id" + ("" if len(user_ids) == 1 else "s")
    if exchange.is_dry_run or not user_ids:
        return answer(200, {"message": f"{people}, nothing was changed."})
    with audit.acting(caller, audit.client_address(exchange.request)):
        privacy.request(Environment.objects.get(pk=caller.environment_id), user_ids, by=caller)
    return answer(200, {"message": f"All records of {people} are hidden from now on and will be erased."})


def _admit(exchange: Exchange, scope: Scope) -> Caller:
    """The caller, who is allowed to call and within the limit; the body is saved in ``exchange``."""
    caller = access.admit(exchange, scope=scope)
    limits.count(caller)
    exchange.body = read_body(exchange.request)
    return caller


def _user_ids(body: bytes) -> list[str]:
    """The distinct user ids of a deletion. Raises CallRefused (400)."""
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CallRefused(400, f"The body is not valid JSON: {error}.") from error
    if isinstance(found, dict) and isinstance(found.get("data"), dict):
        found = found["data"]
    listed = found.get("user_ids") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise CallRefused(400, _SHAPE)
    if len(listed) > settings.API_RECORDS:
        raise CallRefused(413, f"More than {settings.API_RECORDS} user ids in one call. Send them in several.")
    if not all(isinstance(one, str) and 0 < len(one) <= _LONGEST_ID for one in listed):
        raise CallRefused(400, f'Each of the "user_ids" must be a string of 1 to {_LONGEST_ID} characters.')
    return list(dict.fromkeys(listed))
