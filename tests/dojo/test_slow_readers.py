"""Whoever never reads an answer holds a connection for a while, and neither a thread nor a file for ever."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from dojo.gateway import Door, Gateway
from dojo.gateway.spool import MEMORY_BYTES
from tests.web_server import Server

from .test_slow_clients import head, static_file, told

LARGE = 8 * MEMORY_BYTES
Make = Callable[[], Any]


class Reader:
    """A client that takes so many pieces of an answer, and then neither reads on nor goes."""

    def __init__(self, takes: int) -> None:
        self.taken: list[dict[str, Any]] = []
        self._takes = takes

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body" and len(self.taken) == self._takes:
            await asyncio.Event().wait()
        self.taken.append(message)

    async def receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    @property
    def is_served(self) -> bool:
        return self.taken[-1].get("more_body") is False


def served(response: HttpResponse, reader: Reader) -> Gateway:
    """A gateway that has answered with it."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [])
        wrap = environ["wsgi.file_wrapper"]
        return wrap(response.file_to_stream, 8192) if isinstance(response, FileResponse) else response

    gateway = Gateway(application, [Door("", 1_000)])
    scope = {
        **{"type": "http", "method": "GET", "http_version": "1.1", "scheme": "http", "path": "/file"},
        **{"query_string": b"", "headers": [], "client": ("192.0.2.1", 1), "server": ("localhost", 80)},
    }
    # In a thread of its own: that of the tests has the browser's event loop once a browser was started.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, asyncio.wait_for(gateway(scope, reader.receive, reader.send), 60)).result()
    return gateway


@pytest.fixture(autouse=True)
def _patience(settings: Any, tmp_path: Path) -> None:
    settings.SCRATCH_DIR = tmp_path
    settings.BODY_PATIENCE_SECONDS, settings.BODY_LEAST_RATE = 0.2, 10 << 20


def test_a_file_that_nobody_reads_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(LARGE))
    file = path.open("rb")
    reader = Reader(3)
    served(FileResponse(file), reader)
    assert file.closed and not reader.is_served


def test_an_answer_that_is_being_made_is_made_no_further(tmp_path: Path) -> None:
    enough = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield bytes(2 << 20)
        enough.wait(30)
        yield b"the end"

    reader = Reader(3)
    threading.Timer(1.0, enough.set).start()
    response = StreamingHttpResponse(pieces())
    served(response, reader)
    assert response.closed and not reader.is_served
    assert list(tmp_path.iterdir()) == []


def test_whoever_reads_all_of_it_gets_all_of_it(tmp_path: Path) -> None:
    for response in (FileResponse(BytesIO(bytes(LARGE))), StreamingHttpResponse(iter([bytes(LARGE)] * 3))):
        reader = Reader(10_000)
        served(response, reader)
        assert reader.is_served
        assert sum(len(each.get("body", b"")) for each in reader.taken) in (LARGE, 3 * LARGE)


@pytest.mark.slow
def test_many_that_never_read_keep_nobody_else_waiting(web_server: Server) -> None:
    """Each asks for more than the sockets between hold."""
    address, content = static_file()
    words = head("GET", address) * (1 + (16 << 20) // len(content))
    with ExitStack() as stack:
        for _ in range(80):
            line = stack.enter_context(web_server.say(b""))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(words)
        assert web_server.ask("GET", "/healthz").status in (200, 503)
        with web_server.say(head("GET", address, Connection="close")) as other:
            assert told(other).partition(b"\r\n\r\n")[2] == content
