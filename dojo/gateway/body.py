"""Read a request's body: completely before calling Django, or in pieces for a view that streams it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from io import RawIOBase
from types import TracebackType
from typing import TYPE_CHECKING

from django.http import HttpResponse

from dojo.gateway.arrival import Arrival, Pace, TooSlow
from dojo.gateway.door import Door, Environ
from dojo.gateway.pool import Pool
from dojo.gateway.spool import MEMORY_BYTES, Spool

if TYPE_CHECKING:
    from typing_extensions import Buffer

_MOMENT_SECONDS = 0.1  # within which the small body of a normal client arrives
_AHEAD_BYTES = 1 << 20  # buffered for a view that streams the body
_TOO_LARGE = "The body of this request is too large."
_DRAIN_SECONDS = 60.0
_DRAIN_TIMES = 4  # how much of a refused body is read and discarded


class Refused(Exception):
    """The door answered a request before its body arrived, so Django isn't called."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


class Unreadable(Exception):
    """A body can't be read: the door has to respond with ``status`` and ``sentence``."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


async def gather(arrival: Arrival, door: Door, environ: Environ, pool: Pool) -> Spool:
    """The whole body. Raises Refused, Unreadable, OSError if the disk is full, and errors of ``door.before_body``."""
    if door.before_body is not None and ("HTTP_EXPECT" in environ or (arrival.length or 0) > MEMORY_BYTES):
        refusal = await pool.run(door.before_body, environ)
        if refusal is not None:
            raise Refused(refusal)
    if (arrival.length or 0) > door.largest_body:
        raise Unreadable(413, _TOO_LARGE)
    spool = Spool()
    try:
        with _Look(door, environ, pool), Pace(arrival):
            await _fill(spool, arrival, door)
    except BaseException as error:
        spool.close()
        if isinstance(error, TooSlow):
            raise Unreadable(408, "The body was sent too slowly. Try again.") from error
        raise
    return spool


async def _fill(spool: Spool, arrival: Arrival, door: Door) -> None:
    while arrival.has_more:
        spool.add(await arrival.piece())
        if spool.size > door.largest_body:
            raise Unreadable(413, _TOO_LARGE)
    if arrival.is_cut:
        raise Unreadable(400, "The body was cut off.")


class _Look:
    """Calls ``door.before_body`` if the body doesn't arrive at once, and raises Refused in the context."""

    def __init__(self, door: Door, environ: Environ, pool: Pool) -> None:
        self._door = door
        self._environ = environ
        self._pool = pool
        self._answer: asyncio.Future[HttpResponse | None] | None = None
        self._refusal: HttpResponse | None = None
        self._is_over = False

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(_MOMENT_SECONDS, self._ask)

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._is_over = True
        self._timer.cancel()
        if self._refusal is not None and kind is asyncio.CancelledError and self._task is not None:
            self._task.uncancel()
            raise Refused(self._refusal)

    def _ask(self) -> None:
        if self._door.before_body is not None:
            self._answer = self._pool.run(self._door.before_body, self._environ)
            self._answer.add_done_callback(self._told)

    def _told(self, answer: asyncio.Future[HttpResponse | None]) -> None:
        # An error there occurs again once the body is complete, and is answered then.
        if self._is_over or answer.exception() is not None or answer.result() is None or self._task is None:
            return
        self._refusal = answer.result()
        self._task.cancel()


class Inflow(RawIOBase):
    """The ``wsgi.input`` of a view that streams the body: filled by the loop, read by one thread.

    Ends early, without an error, if the client disconnects or is too slow: what was read did arrive.
    """

    def __init__(self, arrival: Arrival) -> None:
        super().__init__()
        self._arrival = arrival
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._some = threading.Condition()
        self._held = bytearray()
        self._has_ended = not arrival.has_more
        self._filling: asyncio.Task[None] | None = None
        self._is_asked = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read the next bytes; 0 at the end."""
        with self._some:
            if not self._is_asked:
                self._is_asked = True
                self._loop.call_soon_threadsafe(self._begin)
            while not self._held and not self._has_ended:
                self._some.wait()
            view = memoryview(buffer)
            count = min(len(view), len(self._held))
            view[:count] = self._held[:count]
            del self._held[:count]
        self._loop.call_soon_threadsafe(self._room.set)
        return count

    async def stop(self) -> None:
        """Stop reading."""
        self._is_asked = True
        if self._filling is not None:
            self._filling.cancel()
            with suppress(asyncio.CancelledError):
                await self._filling

    def _begin(self) -> None:
        self._filling = self._loop.create_task(self._fill())

    async def _fill(self) -> None:
        try:
            with suppress(TooSlow), Pace(self._arrival) as pace:
                while self._arrival.has_more:
                    self._add(await self._arrival.piece())
                    pace.is_paused = True
                    await self._wait_for_room()
                    pace.is_paused = False
        finally:
            with self._some:
                self._has_ended = True
                self._some.notify()

    def _add(self, piece: bytes) -> None:
        with self._some:
            self._held += piece
            self._some.notify()

    async def _wait_for_room(self) -> None:
        while len(self._held) > _AHEAD_BYTES:
            self._room.clear()
            if len(self._held) > _AHEAD_BYTES:
                await self._room.wait()


async def drain(arrival: Arrival, largest_body: int) -> None:
    """Read and discard the rest of a body after the response, within limits.

    Closing a connection with unread bytes resets it, and the client might not see the response.
    """
    left = _DRAIN_TIMES * largest_body
    if arrival.length is not None and arrival.length - arrival.came > left:
        return
    with suppress(TooSlow, TimeoutError), Pace(arrival):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while arrival.has_more and left > 0:
                left -= len(await arrival.piece())
