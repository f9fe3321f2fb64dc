"""A small server on the loopback that answers as the export APIs of Mixpanel and Amplitude are documented to."""

from __future__ import annotations

import gzip
import io
import json
import threading
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "reader.1", "s3cret of the shop"
HOUR = "%Y%m%dT%H"


@dataclass
class Fault:
    """What is answered once in place of events: a status, or a part of the answer and then nothing more.

    ``cut`` breaks off after half, ``stalls`` waits there until the server ends.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    stalls: bool = False


class Exporter(ThreadingHTTPServer):
    """``events`` are by day for Mixpanel and by hour (UTC, ``20261101T09``) for Amplitude.

    ``faults`` come first, one a question. ``largest`` hours are answered at once, for more it says 400. ``asked`` are
    the queries that had the right key.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.faults: list[Fault] = []
        self.largest = 24
        self.asked: list[dict[str, str]] = []
        self.halfway = threading.Event()
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def days(self) -> list[str]:
        """The days that Mixpanel was asked for."""
        return [asked["from_date"] for asked in self.asked]


class _Answer(BaseHTTPRequestHandler):
    server: Exporter
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if self.headers.get("Authorization") != "Basic " + b64encode(f"{KEY}:{SECRET}".encode()).decode():
            self._say(Fault(401, b'{"request": "/api/2.0/export", "error": "Invalid service account credentials"}'))
            return
        self.server.asked.append(asked)
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault is not None and not (fault.cut or fault.stalls):
            self._say(fault)
        elif address.path == "/api/2.0/export":
            self._lines(self.server.events.get(asked["from_date"], []), fault)
        elif address.path == "/api/2/export":
            self._archive(asked["start"], asked["end"], fault)
        else:
            self._say(Fault(404))

    def _lines(self, events: list[dict[str, Any]], fault: Fault | None) -> None:
        """Mixpanel sends lines in chunks, as it finds them, packed where that is taken."""
        packed = self.headers.get("Accept-Encoding") == "gzip"
        text = b"".join(json.dumps(event).encode() + b"\n" for event in events)
        body = gzip.compress(text) if packed else text
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        middle = len(body) // 2
        for piece in (body[:middle], body[middle:]):
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if fault is not None and piece is not None:
                self._break_off(fault)
                return
        self.wfile.write(b"0\r\n\r\n")

    def _archive(self, start: str, end: str, fault: Fault | None) -> None:
        """Amplitude sends a zip of a packed file for each hour."""
        first, last = (datetime.strptime(hour, HOUR).replace(tzinfo=UTC) for hour in (start, end))
        hours = [first + number * timedelta(hours=1) for number in range((last - first) // timedelta(hours=1) + 1)]
        if len(hours) > self.server.largest:
            self._say(Fault(400, b"Raw data file size exceeds 4GB"))
            return
        found = {hour.strftime(HOUR): self.server.events.get(hour.strftime(HOUR), []) for hour in hours}
        if not any(found.values()):
            self._say(Fault(404, b"Raw data files were not found."))
            return
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w") as archive:
            for hour, events in found.items():
                if events:
                    lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
                    archive.writestr(f"9/9_{hour}#0.json.gz", gzip.compress(lines))
        whole = body.getvalue()
        self.send_response(200)
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        if fault is not None:
            self.wfile.write(whole[: len(whole) // 2])
            self._break_off(fault)
            return
        self.wfile.write(whole)

    def _break_off(self, fault: Fault) -> None:
        self.wfile.flush()
        self.server.halfway.set()
        if fault.stalls:
            self.server.ended.wait(60)
        self.close_connection = True

    def _say(self, fault: Fault) -> None:
        self.send_response(fault.status)
        for name, value in {"Content-Length": str(len(fault.body)), **fault.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(fault.body)

    def log_message(self, *_: Any) -> None:
        """Not on the screen."""


@contextmanager
def exporting() -> Iterator[Exporter]:
    """A server that runs as long as the context lasts."""
    server = Exporter()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
