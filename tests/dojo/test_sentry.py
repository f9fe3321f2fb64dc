"""A failure goes to Sentry where it is asked for, with the code it happened in and nothing of anybody's data."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import brotli
import pytest

from tests.processes import HOUSE, environ

UNPACK: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}
KEPT = ("event_id", "timestamp", "level", "logger", "platform", "release", "sdk", "exception", "logentry")
# Fails in each of the ways in which something can: in a page, in a line of the log, in a task.
FAILS = """
import logging
import django
django.setup()
from django.test import Client
from celery import shared_task
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "cookie-of-ann"
answer = client.post("/production/?who=query-of-ann", {"user_id": "body-of-ann"}, HTTP_HOST="localhost",
    HTTP_USER_AGENT="agent-of-ann", HTTP_X_REQUEST_ID="request-0042")
assert answer.status_code == 500, answer
def fail(user_id):
    raise ValueError(f"message-of-{user_id}")
try:
    fail("ann")
except ValueError:
    logging.getLogger("dojo.tests").exception("The records of %s are lost", "params-of-ann")
@shared_task
def task(user_id):
    raise KeyError(f"key-of-{user_id}")
task.apply(args=["ann"])
"""


@pytest.fixture
def events() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A DSN on this machine, and the events that come there."""
    found: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = UNPACK[self.headers.get("Content-Encoding", "identity")](body)
            lines = [json.loads(line) for line in body.splitlines() if line]
            found.extend(after for head, after in pairwise(lines) if head.get("type") == "event")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://public@127.0.0.1:{server.server_port}/1", found
    server.shutdown()
    server.server_close()
    thread.join()


def run(folder: Path, script: str, **more: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=HOUSE, env=environ(folder, **more), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_what_is_sent_says_where_it_failed_and_nothing_of_anybody(
    events: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    dsn, found = events
    run(tmp_path, FAILS, SENTRY_DSN=dsn)
    kinds = {value["type"] for event in found for value in event["exception"]["values"]}
    assert {"ValueError", "KeyError"} <= kinds
    assert kinds & {"OperationalError", "ProgrammingError"}  # SQLite's and PostgreSQL's for a table that isn't there
    assert "-of-" not in json.dumps(found)
    assert "sessionid" not in json.dumps(found)
    allowed = {*KEPT, "tags", "environment", "transaction_info", "contexts"}
    assert {name for event in found for name in event} <= allowed
    lost = next(event for event in found if event.get("logger") == "dojo.tests")
    assert lost["logentry"] == {"message": "The records of %s are lost"}
    frames = lost["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "fail"
    assert next(event["tags"] for event in found if event["tags"]) == {"request_id": "request-0042"}


@pytest.mark.slow
def test_without_a_dsn_nothing_of_it_is_even_loaded(tmp_path: Path) -> None:
    run(tmp_path, "import sys, django; django.setup(); import dojo.asgi; assert 'sentry_sdk' not in sys.modules")
