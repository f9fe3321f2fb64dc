"""Erase people from a large table of the running product: ``python -m benchmarks.erasing FILE OTHER TIMES``.

The table of "production" has TIMES times the records of FILE. People are erased by one call of the API twice:
with nothing else to do, and while calls arrive, the dashboard is asked and OTHER is imported into the same environment.
After each, no record of theirs may be in the table: else it ends with a sentence.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
import psutil

django.setup()

import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks import processes, serving  # noqa: E402
from benchmarks.calling import _key  # noqa: E402
from benchmarks.copies import FIRST_IMPORT, add_copies  # noqa: E402
from benchmarks.importing import Timing, carry, prepare  # noqa: E402
from benchmarks.memory import WorkerMemory  # noqa: E402
from benchmarks.processes import tell  # noqa: E402
from interactions import identity  # noqa: E402
from interactions.analytics.data_sets import opened  # noqa: E402
from interactions.analytics.reports import (  # noqa: E402
    people,
    totals,
)
from interactions.models import DeletionRequest  # noqa: E402
from interactions.warehouse.lake import Lake  # noqa: E402

ENVIRONMENT = "production"
PEOPLE = 1_000
_APART = timedelta(days=30)
_POLL_SECONDS = 0.05
_LONGEST_SECONDS = 900.0
_QUIET_SECONDS, _IDLE_SHARE = 5.0, 0.15  # of one core
_CALL_SECONDS, _LOOK_SECONDS = 0.05, 1.0  # between two calls that arrive, and between two looks at the dashboard


class Beside:
    """What else goes on: work of a thread of its own, with a pause after each, and the milliseconds that each took."""

    def __init__(self, work: Callable[[], object], pause: float) -> None:
        self._work, self._pause = work, pause
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.took: list[float] = []
        self.failures = 0

    def __enter__(self) -> Beside:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._pause):
            began = time.perf_counter()
            try:
                self._work()
            except OSError:
                self.failures += 1
            self.took.append((time.perf_counter() - began) * 1000)
        connection.close()


def spread(took: Sequence[float]) -> dict[str, float]:
    """How many, and in milliseconds the middle one, that of 99 in 100, and the longest."""
    ordered = sorted(took) or [0.0]
    return {
        "count": len(took),
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[int(len(ordered) * 0.99)],
        "longest": ordered[-1],
    }


def some_people(count: int, seed: int) -> list[str]:
    """User ids of all the copies in the table, whom no file names; a third of them where they are few."""
    found: set[str] = set()
    copied = [part.path for part in Lake(ENVIRONMENT).parts() if (part.import_id or 0) > FIRST_IMPORT]
    for path in copied:
        column = pq.read_table(path, columns=["user_id"])["user_id"]
        found.update(pc.unique(column.drop_null()).to_pylist())
    return random.Random(seed).sample(sorted(found), min(count, len(found) // 3))


def wait_for_quiet(pid: int) -> None:
    """Until no process below ``pid`` has work: summaries are made anew of what an import or an erasure has written."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        before = _worked(pid)
        time.sleep(_QUIET_SECONDS)
        # One by one: a worker that was replaced meanwhile takes its seconds with it.
        worked = sum(seconds - before.get(each, 0.0) for each, seconds in _worked(pid).items())
        if worked < _QUIET_SECONDS * _IDLE_SHARE:
            return
    sys.exit("Dojo had something to do all the time.")


def _worked(pid: int) -> dict[int, float]:
    """Seconds of computing by each process that runs below ``pid``."""
    found = {}
    for process in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found[process.pid] = times.user + times.system
    return found


def erase(port: int, key: str, user_ids: list[str], pid: int) -> dict[str, Any]:
    """One call, and the wait for its verification."""
    keyring = identity.keyring()
    keys = [keyring.key(user_id) for user_id in user_ids]
    rows = sum(part.rows for part in Lake(ENVIRONMENT).parts())
    memory = WorkerMemory("celery", pid)
    began = time.perf_counter()
    call(port, key, "DELETE", {"user_ids": user_ids})
    hidden = time.perf_counter() - began
    if len(people.by_user(ENVIRONMENT, keys)):
        sys.exit("A question asked after the answer to a DELETE still saw the people's records.")
    while (request := DeletionRequest.objects.first()) is None or request.ended_at is None:
        time.sleep(_POLL_SECONDS)
        memory.look()
        if time.perf_counter() - began > _LONGEST_SECONDS:
            sys.exit(f"The erasure was given up: it is {request and request.state}, {request and request.stage}.")
    verified = time.perf_counter() - began
    if request.state != DeletionRequest.State.VERIFIED:
        sys.exit(f"The erasure ended as {request.state}. {request.error}")
    if request.erased < len(user_ids):
        sys.exit(f"Of {len(user_ids)} people only {request.erased} records were erased.")
    if any(_holds(path, keys) for path in Lake(ENVIRONMENT).files()):
        sys.exit("Records of the people are in the table after the erasure.")
    return {
        "people": len(user_ids),
        "linked": request.linked,
        "rows": rows,
        "erased": request.erased,
        "hidden": hidden,
        "verified": verified,
        "peaks": sorted(memory.peaks.values(), reverse=True),
        "own": sorted(memory.own.values(), reverse=True),
    }


def _holds(path: str, keys: list[int]) -> bool:
    column = pq.read_table(path, columns=["user_key"])["user_key"]
    return bool(pc.any(pc.is_in(column, value_set=pa.array(keys, column.type))).as_py())


def call(port: int, key: str, method: str, body: dict[str, Any]) -> None:
    """Raises OSError where it is not answered with 200."""
    there = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        there.request(method, f"/v1/interactions?api_key={key}", json.dumps(body))
        answer = there.getresponse()
        answer.read()
        if answer.status != 200:
            raise OSError(f"{method} was answered with {answer.status}.")
    finally:
        there.close()


def main(file: Path, other: Path, times: int) -> None:
    prepare()
    scratch = Path(settings.DATA_DIR) / "copies"
    scratch.mkdir()
    with serving.dojo() as (pid, port):
        carry(file, ENVIRONMENT)
        tell(f"  Writing its records {times} times")
        add_copies(Lake(ENVIRONMENT).files(), ENVIRONMENT, range(1, times), apart=_APART, scratch=scratch)
        key = _key()
        chosen = some_people(2 * PEOPLE, seed=4)
        wait_for_quiet(pid)
        half = len(chosen) // 2
        quiet = erase(port, key, chosen[:half], pid)
        tell(f"  {half:,} people: hidden in {quiet['hidden']:.2f} s, verified in {quiet['verified']:.1f} s")
        wait_for_quiet(pid)
        calls = Beside(
            lambda: call(port, key, "POST", {"data": [{"type": "like", "product_ids": ["p1"]}]}), _CALL_SECONDS
        )
        questions = Beside(lambda: totals.by_type(opened(ENVIRONMENT)), _LOOK_SECONDS)
        loaded: list[Timing] = []
        loading = threading.Thread(target=lambda: loaded.append(carry(other, ENVIRONMENT)))
        with calls, questions:
            loading.start()
            busy = erase(port, key, chosen[half:], pid)
        loading.join()
        tell(f"  at work: hidden in {busy['hidden']:.2f} s, verified in {busy['verified']:.1f} s")
    processes.answer(
        {
            "quiet": quiet,
            "busy": busy,
            "calls": {**spread(calls.took), "failures": calls.failures},
            "import": {"records": loaded[0].records, "seconds": loaded[0].seconds},
            "questions": {**spread(questions.took), "failures": questions.failures},
        }
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
