"""The servers that calls are sent to: the whole of Dojo, and an empty site on the same web server."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from benchmarks.processes import HOUSE
from dojo import procfile

_START_SECONDS = 90.0
_STOP_SECONDS = 30.0


@contextmanager
def dojo() -> Iterator[tuple[int, int]]:
    """Dojo as ``manage.py run`` starts it, on the data folder of the settings; its process id and its port."""
    # A password of its own, else one would be made and printed.
    with _served([sys.executable, "manage.py", "run"], "/healthz", DOJO_ADMIN_PASSWORD=secrets.token_hex()) as served:
        yield served


@contextmanager
def empty_site() -> Iterator[tuple[int, int]]:
    """The web server of the Procfile with as many processes, and an empty 200 in place of Dojo."""
    web = procfile.commands(HOUSE / "Procfile")[procfile.WEB]
    line = web.replace("dojo.asgi:application", "benchmarks.empty_site:application")
    if line == web:
        sys.exit("The web server of the Procfile does not name dojo.asgi:application, so nothing can take its place.")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    with _served(["/bin/sh", "-c", line], "/", PATH=path, WEB_WORKERS=str(settings.WEB_WORKERS)) as served:
        yield served


@contextmanager
def _served(line: Sequence[str], address: str, **more: str) -> Iterator[tuple[int, int]]:
    port = _free_port()
    process = subprocess.Popen(
        line,
        cwd=HOUSE,
        env={**os.environ, **more, "DOJO_HOST": "127.0.0.1", "PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,  # ours has the answer alone
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(port, address):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("The server did not start.")
            time.sleep(0.1)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(port: int, address: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", address)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
