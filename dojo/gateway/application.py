"""The ASGI application: one coroutine per request."""

from __future__ import annotations

import errno
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from dojo.gateway.answer import Answer, Send, answer_of, ask, send_answer
from dojo.gateway.arrival import Arrival, Receive
from dojo.gateway.body import Inflow, Refused, Unreadable, drain, gather
from dojo.gateway.door import Door, Environ
from dojo.gateway.environ import Scope, environ_of
from dojo.gateway.pool import Pool
from dojo.request_id import ENVIRON, HEADER, id_of

logger = logging.getLogger(__name__)

_HEADER = HEADER.encode()
SHORT_THREADS = 8
LONG_THREADS = 48


class Gateway:
    """Serves a WSGI application. The first of ``doors`` that matches a path applies to it.

    Requests with small bodies share ``SHORT_THREADS``; what takes its time (large bodies, uploads, downloads that are
    made as they are sent) has ``LONG_THREADS`` of its own. ``observe`` is told the status of each answer, and after how
    many seconds it was there.
    """

    def __init__(
        self,
        application: Callable[..., Any],
        doors: Sequence[Door],
        observe: Callable[[Environ, int, float], object] = lambda environ, status, seconds: None,
    ) -> None:
        self._application = application
        self._doors = doors
        self._observe = observe
        self._short = Pool("short", SHORT_THREADS)
        self._long = Pool("long", LONG_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.perf_counter()
        environ = environ_of(scope)
        environ[ENVIRON] = id_of(environ)
        arrival = Arrival(receive, environ)
        door = next(door for door in self._doors if door.leads_to(environ["PATH_INFO"]))
        try:
            answer = await self._answer(arrival, door, environ)
        except Refused as refused:
            answer = answer_of(refused.response)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            answer = answer_of(await self._short.run(door.refused, environ, *_trouble(error, environ)))
        self._observe(environ, answer.status, time.perf_counter() - began)
        answer.headers.append((_HEADER, environ[ENVIRON].encode()))
        if arrival.has_more:
            answer.headers.append((b"Connection", b"close"))
        await send_answer(answer, send, receive, self._short, self._long)
        if arrival.has_more:
            await drain(arrival, door.largest_body)

    async def _answer(self, arrival: Arrival, door: Door, environ: Environ) -> Answer:
        if not arrival.has_more:
            return await self._short.run(ask, self._application, environ)
        if door.streams:
            return await self._answer_streaming(arrival, environ)
        spool = await gather(arrival, door, environ, self._short)
        if door.at_once is not None and not spool.is_large:
            response = door.at_once(environ, spool.read(0, spool.size))
            if response is not None:
                return answer_of(await response)
        environ["wsgi.input"] = spool.stream()
        try:
            return await (self._long if spool.is_large else self._short).run(ask, self._application, environ)
        finally:
            spool.close()

    async def _answer_streaming(self, arrival: Arrival, environ: Environ) -> Answer:
        inflow = Inflow(arrival)
        environ["wsgi.input"] = inflow
        try:
            return await self._long.run(ask, self._application, environ)
        finally:
            await inflow.stop()


def _trouble(error: Exception, environ: Environ) -> tuple[int, str]:
    """The status and sentence of an error response; call it in an except block."""
    if isinstance(error, Unreadable):
        return error.status, error.sentence
    if not isinstance(error, OSError):
        return 500, f"Something went wrong (reference {_logged(environ)})."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return 503, "The server's disk is full. Try again once there is space."
    logger.error("A request could not be read: %s", error)
    return 503, "The server can't take this request right now. Try again."


def _logged(environ: Environ) -> str:
    reference = secrets.token_hex(4)
    # The path alone: the query may hold a key.
    logger.exception(
        "Reference %s: %s %s failed.",
        reference,
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        extra={"request_id": environ[ENVIRON]},
    )
    return reference
