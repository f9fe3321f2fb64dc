"""Each measurement in a fresh process, on a data folder of its own, that answers with one line of JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

HOUSE = Path(__file__).resolve().parent.parent
LONGEST = 1800.0
"""Seconds after which a measurement is given up, so that a run ends whatever happens."""
_STOP_SECONDS = 60.0
_TAIL_BYTES = 4_000


class Failed(Exception):
    """A measurement could not be made; its text says why to whoever runs the benchmarks."""


def measure(
    module: str, *arguments: object, data: Path, cores: int, more: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What ``benchmarks.<module>`` answers, run on the data folder ``data`` with so many worker processes, and with
    ``more`` settings.

    What it says on the way is printed. Raises Failed, with the end of what it and its workers wrote to standard
    error, where it ends badly or takes longer than LONGEST.
    """
    line = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    found: dict[str, Any] = {}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            line,
            cwd=HOUSE,
            env={**_environ(data, cores), **(more or {})},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C reaches us alone, and the measurement once, from us
        )
        limit = threading.Timer(LONGEST, _end, [process])
        limit.start()
        try:
            assert process.stdout
            for said in process.stdout:
                if said.startswith("{"):
                    found = json.loads(said)
                else:
                    say(said.rstrip())
            process.wait(_STOP_SECONDS)
        finally:
            limit.cancel()
            _end(process)
        if process.returncode != 0 or not found:
            raise Failed(f"benchmarks.{module} ended with code {process.returncode}:\n{_tail(errors)}")
    return found


def answer(values: dict[str, Any]) -> None:
    """Give ``values`` to the process that asked."""
    print(json.dumps(values), flush=True)


def tell(sentence: str) -> None:
    """Have the process that asked print a line of progress."""
    print(sentence, flush=True)


def say(sentence: str) -> None:
    """A line of progress; standard output has the page of figures alone."""
    print(f"{time.strftime('%H:%M:%S')}  {sentence}", file=sys.stderr, flush=True)


def _environ(data: Path, cores: int) -> dict[str, str]:
    """Nothing of the caller's settings: a REDIS_URL or DATABASE_URL of a running Dojo must not be used."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **keep,
        "DJANGO_SETTINGS_MODULE": "dojo.settings",
        "DOJO_DATA_DIR": str(data),
        "LOG_LEVEL": "WARNING",
        "WORKER_PROCESSES": str(cores),
    }


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupted as by Ctrl-C, a measurement ends its own Redis and workers."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tail(errors: IO[bytes]) -> str:
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - _TAIL_BYTES))
    return errors.read().decode(errors="replace").strip()
