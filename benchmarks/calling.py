"""Send interactions to the live API of the whole product: ``python -m benchmarks.calling CALLS STEADY_SECONDS``.

CALLS is how many calls of one record are sent; calls of more records are fewer. After each measurement the inbox has
to become empty, and every acknowledged record has to be in the table exactly once: else it ends with a sentence.
"""

from __future__ import annotations

import http.client
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

import msgspec  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.models import Sum  # noqa: E402

from benchmarks import processes, serving, stored  # noqa: E402
from benchmarks.memory import WorkerMemory  # noqa: E402
from benchmarks.processes import tell  # noqa: E402
from benchmarks.sending import Job, Sent  # noqa: E402
from interactions import synthetic  # noqa: E402
from interactions.analytics.data_sets import opened, up_to_date  # noqa: E402
from interactions.analytics.reports import totals  # noqa: E402
from interactions.models import InboxEntry  # noqa: E402

ENVIRONMENT = "production"
STEADY_RATE = 200
WARM = 64
"""Calls before the clock, so that every process and thread has done its first."""
_PEOPLE, _RECORDS_OF_ONE = 5, 20
_LOOK_SECONDS = 0.1
_DRAIN_SECONDS = 120.0
_BEHIND_SECONDS = 120.0  # that a sender may take longer than it should
_LONGEST_SENDING = 600.0


def plan(calls: int) -> list[tuple[int, int, int]]:
    """The measurements of large calls: how many of how many records, over how many connections."""
    thousands, tens = max(3, calls // 400), max(2, calls // 1_000)
    return [(thousands, 1_000, 1), (thousands, 1_000, 2), (tens, 10_000, 1), (tens, 10_000, 2)]


class Calls:
    """A client of the running Dojo, which keeps count of what was acknowledged."""

    def __init__(self, pid: int, port: int, file: Path) -> None:
        self.port = port
        self.file = file
        self.key = _key()
        self.memory = WorkerMemory("granian", pid)
        self.stored = 0

    def measure(self, calls: int, records: int, connections: int) -> dict[str, Any]:
        """Send as fast as is answered, then wait for the table; ``drained`` is how long that took, in seconds."""
        sent = self._send(calls, records, connections)
        return {**msgspec.to_builtins(sent), "drained": self.drained()}

    def warm(self) -> None:
        self._send(WARM, 1, 16)

    def steady(self, seconds: int) -> dict[str, Any]:
        """Send at STEADY_RATE and look at inbox and table meanwhile; ``visible`` is in seconds, by percentile.

        The n-th acknowledged record counts as visible when the table has n: they go there in order.
        """
        before, backlog, seen = self.stored, 0, list[tuple[float, int]]()

        def look() -> None:
            nonlocal backlog
            waiting = InboxEntry.objects.aggregate(records=Sum("records"))["records"] or 0
            backlog = max(backlog, waiting)
            seen.append((time.monotonic(), stored.rows(ENVIRONMENT) - before))

        sent = self._send(seconds * STEADY_RATE, 1, 16, rate=STEADY_RATE, look=look)
        drained = self.drained(look)
        waits, at = [], iter(seen)
        moment, rows = next(at)
        for number, acknowledged in enumerate(sent.acknowledged, 1):
            while rows < number:
                moment, rows = next(at)
            waits.append(max(0.0, moment - acknowledged))
        waits.sort()
        sent.acknowledged = []
        return {
            **msgspec.to_builtins(sent),
            "drained": drained,
            "backlog": backlog,
            "visible": {"p50": statistics.median(waits), "p99": waits[int(len(waits) * 0.99)], "longest": waits[-1]},
        }

    def deletions(self) -> dict[str, Any]:
        """Milliseconds until a person's records are hidden, which a question confirms each time."""
        people = [f"benchmark-person-{number}" for number in range(_PEOPLE)]
        for person in people:
            records = [
                {"type": "like", "user_id": person, "product_ids": [f"p{number}"]} for number in range(_RECORDS_OF_ONE)
            ]
            self._call("POST", {"data": records})
            self.stored += len(records)
        self.drained()
        up_to_date(ENVIRONMENT)  # so that what a question doesn't see is hidden, and not yet to come
        took = []
        for number, person in enumerate(people, 1):
            began = time.perf_counter()
            self._call("DELETE", {"data": {"user_ids": [person]}})
            took.append((time.perf_counter() - began) * 1000)
            found = totals.totals(opened(ENVIRONMENT))
            if found is None or found.interactions != self.stored - number * _RECORDS_OF_ONE:
                sys.exit("A question asked after the answer to a DELETE still saw the person's records.")
        return {"people": _PEOPLE, "median": statistics.median(took), "longest": max(took)}

    def drained(self, look: Callable[[], None] | None = None) -> float:
        """Wait until the inbox is empty, then count what the table has; the seconds of waiting."""
        began = time.monotonic()
        while InboxEntry.objects.exists():
            if time.monotonic() - began > _DRAIN_SECONDS:
                sys.exit(f"After {_DRAIN_SECONDS:.0f} seconds {InboxEntry.objects.count():,} calls are in the inbox.")
            if look:
                look()
            time.sleep(_LOOK_SECONDS)
        took = time.monotonic() - began
        if look:
            look()
        self.memory.look()
        rows, different = stored.counted(ENVIRONMENT)
        if (rows, different) != (self.stored, self.stored):
            sys.exit(f"Of {self.stored:,} acknowledged records the table has {different:,}, in {rows:,} rows.")
        return took

    def _send(
        self, calls: int, records: int, connections: int, *, rate: int = 0, look: Callable[[], None] | None = None
    ) -> Sent:
        job = Job(
            port=self.port,
            target=f"/v1/interactions?api_key={self.key}",
            file=str(self.file),
            skip=self.stored,
            calls=calls,
            records=records,
            connections=connections,
            rate=rate,
        )
        looks = [self.memory.look, *([look] if look else [])]
        sent = _sent(job, lambda: [one() for one in looks])
        self.stored += calls * records
        return sent

    def _call(self, method: str, body: dict[str, Any]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/v1/interactions?api_key={self.key}", json.dumps(body))
            answer = connection.getresponse()
            if answer.status != 200:
                sys.exit(f"{method} was answered with {answer.status}: {answer.read(500).decode(errors='replace')}")
        finally:
            connection.close()


def _sent(job: Job, look: Callable[[], object]) -> Sent:
    """Have a process of its own do the job; ``look`` is called meanwhile."""
    line = [sys.executable, "-m", "benchmarks.sending", msgspec.json.encode(job).decode()]
    limit = time.monotonic() + (job.calls / job.rate + _BEHIND_SECONDS if job.rate else _LONGEST_SENDING)
    with tempfile.TemporaryFile() as answer:
        sender = subprocess.Popen(line, cwd=processes.HOUSE, stdout=answer)
        try:
            while sender.poll() is None:
                if time.monotonic() > limit:
                    sys.exit("The calls took so much longer than they should that sending was given up.")
                look()
                time.sleep(_LOOK_SECONDS)
        finally:
            sender.kill()
            sender.wait()
        if sender.returncode:
            sys.exit("Sending ended early.")  # its sentence stands above
        answer.seek(0)
        return msgspec.json.decode(answer.read(), type=Sent)


def _key() -> str:
    printed = io.StringIO()
    call_command("create_api_key", "--environment", ENVIRONMENT, "--kind", "secret", stdout=printed)
    return printed.getvalue().split()[-1]


def main(calls: int, steady_seconds: int) -> None:
    file = Path(settings.DATA_DIR) / "calls.jsonl"
    large = plan(calls)
    records = WARM + calls + sum(count * each for count, each, _ in large) + steady_seconds * STEADY_RATE
    tell(f"Making {records:,} records to send")
    now = datetime.now(UTC)
    synthetic.write(file, records, seed=3, start=now - timedelta(days=1), end=now)
    found: dict[str, Any] = {"web_workers": settings.WEB_WORKERS}
    with serving.empty_site() as (_, port):
        for count in (WARM, calls):
            sent = _sent(Job(port=port, target="/", file=str(file), skip=0, calls=count), lambda: None)
        found["empty"] = msgspec.to_builtins(sent)
    tell(f"  an empty 200: {calls / sent.seconds:,.0f} calls/s")
    with serving.dojo() as (pid, port):
        api = Calls(pid, port, file)
        api.warm()
        found["single"] = one = api.measure(calls, 1, 16)
        tell(f"  calls of one record: {calls / one['seconds']:,.0f} a second, p99 {one['p99']:.1f} ms")
        found["large"] = []
        for how in large:
            found["large"].append(one := api.measure(*how))
            tell(f"  calls of {how[1]:,} records, {how[2]} at a time: p50 {one['p50']:.0f} ms")
        tell(f"  {STEADY_RATE} calls a second for {steady_seconds} seconds")
        found["steady"] = api.steady(steady_seconds)
        found["deletion"] = api.deletions()
        found["stored"] = api.stored
        for name, by_process in (("peaks", api.memory.peaks), ("own", api.memory.own)):
            found[name] = sorted(by_process.values(), reverse=True)
    processes.answer(found)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
