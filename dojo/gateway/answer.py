"""Call Django in a thread, and send its response as fast as the client reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from django.conf import settings
from django.http import HttpResponse

from dojo.gateway.arrival import Receive
from dojo.gateway.door import Environ
from dojo.gateway.pool import Pool
from dojo.gateway.spool import MEMORY_BYTES, Spool

Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]
_PIECE_BYTES = 64 << 10
_FIRST_BYTES = 1 << 20  # of an answer that is made as it is sent: one that ends before has a length


class _Unread(Exception):
    """The client doesn't read its response."""


class _File:
    """A file response of Django, by ``wsgi.file_wrapper``."""

    def __init__(self, file: BinaryIO, _block_size: int) -> None:
        self.file = file


@dataclass(slots=True)
class Answer:
    """A head, and one of three bodies: bytes, a file, or an iterable."""

    status: int
    headers: Headers
    body: bytes = b""
    file: BinaryIO | None = None
    pieces: Iterable[bytes] | None = None


def ask(application: Callable[..., Any], environ: Environ) -> Answer:
    """Call a WSGI application. Large bodies are returned as a file or an iterable."""
    answer = Answer(500, [])

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        answer.status = int(status.partition(" ")[0])
        answer.headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    environ["wsgi.file_wrapper"] = _File
    result = application(environ, start_response)
    if isinstance(result, _File):
        answer.body = result.file.read(MEMORY_BYTES)
        if len(answer.body) < MEMORY_BYTES:
            result.file.close()
        else:
            answer.file = result.file
    elif getattr(result, "streaming", False):
        answer.pieces = result
    else:
        _keep(answer, b"".join(result))
        result.close()
    return answer


def _keep(answer: Answer, body: bytes) -> None:
    if len(body) <= 2 * MEMORY_BYTES:
        answer.body = body
        return
    spool = Spool()  # or a slow client would keep it in memory
    spool.add(body)
    answer.file = spool.stream()


def answer_of(response: HttpResponse) -> Answer:
    """An answer made from a response without a request."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    return Answer(response.status_code, headers, response.content)


async def send_answer(answer: Answer, send: Send, receive: Receive, short: Pool, long: Pool) -> None:
    """Send an answer. Files are read in pieces by ``short``; iterables are consumed in ``long``.

    The connection is closed if the client reads a piece more slowly than BODY_LEAST_RATE.
    """
    with suppress(_Unread):  # the server closes a connection with an incomplete response
        if answer.pieces is not None:
            await _send_made(answer, answer.pieces, send, receive, long)
            return
        await _start(answer, send)
        await _more(send, answer.body, more=answer.file is not None)
        if answer.file is not None:
            await _send_file(answer.file, send, receive, short)


async def _start(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})


async def _more(send: Send, piece: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": more})


async def _piece(send: Send, piece: bytes) -> None:
    """Raises _Unread if the client doesn't read it in time."""
    seconds = settings.BODY_PATIENCE_SECONDS + len(piece) / max(1, settings.BODY_LEAST_RATE)
    try:
        async with asyncio.timeout(seconds):
            await _more(send, piece, more=True)
    except TimeoutError as error:
        raise _Unread from error


async def _send_file(file: BinaryIO, send: Send, receive: Receive, short: Pool) -> None:
    gone = asyncio.ensure_future(_departure(receive))
    try:
        while not gone.done() and (piece := await short.run(file.read, _PIECE_BYTES)):
            await _piece(send, piece)
        await _more(send, b"", more=False)
    finally:
        gone.cancel()
        await short.run(file.close)


async def _send_made(answer: Answer, pieces: Iterable[bytes], send: Send, receive: Receive, long: Pool) -> None:
    making = _Making(pieces)
    made = long.run(making.run)
    made.add_done_callback(lambda _: making.some.set())
    gone = asyncio.ensure_future(_departure(receive))
    at = 0
    try:
        while not made.done() and making.spool.size < _FIRST_BYTES:
            await making.news()
        if made.done():
            made.result()  # an error before anything was sent gets its own response
            answer.headers.append((b"Content-Length", str(making.spool.size).encode()))
        await _start(answer, send)
        while not gone.done():
            if piece := making.spool.read(at, _PIECE_BYTES):
                at += len(piece)
                await _piece(send, piece)
            elif made.done() and at == making.spool.size:
                break
            else:
                await making.news()
        made.done() and made.result()
        await _more(send, b"", more=False)
    finally:
        gone.cancel()
        making.is_unwanted = True
        with suppress(Exception):
            await made
        making.spool.close()


class _Making:
    """A response that a thread makes from first to last piece, ahead of the client."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.spool = Spool()
        self.some = asyncio.Event()
        self.is_unwanted = False
        self._pieces = pieces
        self._loop = asyncio.get_running_loop()

    async def news(self) -> None:
        await self.some.wait()
        self.some.clear()

    def run(self) -> None:
        try:
            for piece in self._pieces:
                if self.is_unwanted:
                    return
                self.spool.add(piece)
                self._loop.call_soon_threadsafe(self.some.set)
        finally:
            self._pieces.close()  # type: ignore[attr-defined]  # a response of Django's


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] == "http.request":
        pass
