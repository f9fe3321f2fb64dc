"""The dashboard's page on a node, and after another node's commit: ``python -m benchmarks.nodes RECORDS``.

The table has RECORDS thin records. This process commits; the page is looked at on another node, with a data folder of
its own, if LAKE_URL names a store, else in another process on the same folder. ``manage.py keep_index`` runs on each.
The answer has seconds: ``first``, from this start of the nodes to the first page; ``warm``; ``after``, a list, from the
end of a commit of 200 records to the first complete page with them; ``cold``, what these pages took of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.importing import prepare  # noqa: E402
from benchmarks.processes import HOUSE, answer  # noqa: E402
from benchmarks.thin import add_thin, last_day  # noqa: E402
from dojo import workers  # noqa: E402
from dojo.cores import cores  # noqa: E402
from interactions.warehouse.lake import Lake  # noqa: E402

ENVIRONMENT = "production"
_DAYS, _LIVE, _TIMES = 90, 200, 5
_STOP_SECONDS, _QUIET_SECONDS = 60.0, 3.0


class Viewer:
    """A process of ``benchmarks.viewer`` on a node."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, what: object) -> dict[str, float]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit("The node on which pages are looked at ended.")
        found: dict[str, float] = json.loads(line)
        return found


@contextmanager
def started(*command: str, environ: Mapping[str, str], **pipes: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, *command], cwd=HOUSE, env=dict(environ), text=True, **pipes)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def nodes() -> list[dict[str, str]]:
    """The environments of the processes of each node; the last is looked at."""
    here = dict(os.environ)
    if not settings.LAKE_URL:
        return [here]
    shared = {"DATABASE_URL": f"sqlite:///{settings.DATA_DIR}/dojo.sqlite3", "REDIS_URL": settings.REDIS_URL}
    return [here, {**here, **shared, "DOJO_DATA_DIR": str(Path(settings.DATA_DIR) / "another-node")}]


def commit(name: str, records: int) -> int:
    """Append 200 records; the version."""
    lake = Lake(ENVIRONMENT)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as scratch:
        parts = last_day(Path(scratch), name, _LIVE, records, 1)
        with lake.lock():
            return lake.append(parts, mark=name, import_id=0)


def main(records: int) -> None:
    prepare()
    with workers.present(), ExitStack() as running:
        add_thin(ENVIRONMENT, records, _DAYS, processes=cores())
        version, began, environs = Lake(ENVIRONMENT).version(), time.time(), nodes()
        for environ in environs:
            running.enter_context(started("manage.py", "keep_index", environ=environ, stdout=sys.stderr))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        line = ("-m", "benchmarks.viewer", ENVIRONMENT)
        viewer = Viewer(running.enter_context(started(*line, environ=environs[-1], **pipes)))
        first = viewer.ask(version)["at"] - began
        viewer.ask(commit("warm", records))  # until each keeper has begun, and its loops are loaded
        time.sleep(_QUIET_SECONDS)  # there may be runs to merge
        warm = viewer.ask("warm")["seconds"]
        after, cold = [], []
        for number in range(_TIMES):
            time.sleep(_QUIET_SECONDS)
            version = commit(f"live-{number}", records)
            ended = time.time()
            found = viewer.ask(version)
            after.append(found["at"] - ended)
            cold.append(found["cold"])
        answer({"records": records, "first": first, "warm": warm, "after": after, "cold": cold})


if __name__ == "__main__":
    main(int(sys.argv[1]))
