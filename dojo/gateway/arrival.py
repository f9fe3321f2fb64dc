"""The body of a request as it arrives, with a minimum rate."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, TypeAlias

from django.conf import settings

from dojo.gateway.door import Environ

Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]


class TooSlow(Exception):
    """A body arrived more slowly than BODY_LEAST_RATE for BODY_PATIENCE_SECONDS."""


class Arrival:
    """A body. ``length`` is the Content-Length or None; ``came`` is the number of bytes received."""

    def __init__(self, receive: Receive, environ: Environ) -> None:
        self._receive = receive
        self.length = _length(environ)
        self.came = 0
        self.is_whole = self.length == 0
        self.is_cut = False

    @property
    def has_more(self) -> bool:
        return not self.is_whole and not self.is_cut

    async def piece(self) -> bytes:
        """The next bytes; empty at the end, or if the client has disconnected."""
        message = await self._receive()
        if message["type"] != "http.request":
            self.is_cut = True
            return b""
        piece: bytes = message.get("body", b"")
        self.came += len(piece)
        ended = not message.get("more_body", False)
        self.is_whole = self.came == self.length if self.length is not None else ended
        self.is_cut = ended and not self.is_whole
        return piece


class Pace:
    """Raise TooSlow if a body doesn't arrive fast enough inside the context.

    ``is_paused`` if nobody waits for the next piece, so the time doesn't count.
    """

    def __init__(self, arrival: Arrival) -> None:
        self.is_paused = False
        self._arrival = arrival
        self._seen = arrival.came
        self._was_slow = False

    def __enter__(self) -> Pace:
        self._task = asyncio.current_task()
        self._next_look()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._timer.cancel()
        if self._was_slow and kind is asyncio.CancelledError and self._task is not None:
            self._task.uncancel()
            raise TooSlow

    def _next_look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(settings.BODY_PATIENCE_SECONDS, self._look)

    def _look(self) -> None:
        least = settings.BODY_PATIENCE_SECONDS * settings.BODY_LEAST_RATE
        if self.is_paused or self._arrival.came - self._seen >= least:
            self._seen = self._arrival.came
            self._next_look()
        elif self._task is not None:
            self._was_slow = True
            self._task.cancel()


def _length(environ: Environ) -> int | None:
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    text = environ.get("CONTENT_LENGTH", "")
    return int(text) if text.isdigit() else 0
