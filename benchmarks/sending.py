"""Send calls to a server and time each: ``python -m benchmarks.sending JOB``, JOB as JSON, a process a measurement.

One thread waits for all connections at once and every call is made before the clock, so that little of the machine
goes to the client. It ends with a sentence where an answer is not 200 or does not come.
"""

from __future__ import annotations

import re
import selectors
import socket
import statistics
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec

_SILENCE_SECONDS = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_READ = 64 << 10


class Job(msgspec.Struct):
    """``calls`` calls to ``target`` at ``port``, each with the next ``records`` lines of ``file`` after ``skip``.

    ``rate`` is how many calls a second are due, whatever became of those before; 0: as fast as they are answered.
    """

    port: int
    target: str
    file: str
    skip: int
    calls: int
    records: int = 1
    connections: int = 16
    rate: int = 0


class Sent(msgspec.Struct):
    """Details: times in milliseconds, of each call from when it was sent, or due, to the end of its answer.

    ``acknowledged`` has, for a job with a rate, when each answer came, by the clock of time.monotonic().
    """

    calls: int
    records: int
    connections: int
    seconds: float
    p50: float
    p99: float
    longest: float
    acknowledged: list[float]


@dataclass(slots=True, eq=False)
class _Connection:
    """A connection that is kept, with one call at a time."""

    socket: socket.socket
    rest: memoryview = field(default_factory=lambda: memoryview(b""))
    answer: bytes = b""
    since: float = 0.0

    def begin(self, call: bytes, since: float) -> None:
        self.rest, self.answer, self.since = memoryview(call), b"", since
        self.write()

    def write(self) -> None:
        """Write what the system takes now."""
        try:
            while self.rest:
                self.rest = self.rest[self.socket.send(self.rest) :]
        except BlockingIOError:
            pass  # the selector says when to go on

    def is_answered(self) -> bool:
        """Read what there is; ends the process where the answer is not the one that was hoped for."""
        more = self.socket.recv(_READ)
        if not more:
            sys.exit("The server closed a connection in the middle of a call.")
        self.answer += more
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end:
            return False
        length = _LENGTH.search(head)
        if not (len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")):
            return False
        if not head.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"A call was not accepted: {self.answer[:500].decode(errors='replace')}")
        return True


def send(job: Job) -> Sent:
    """Do the job."""
    calls = _made(job)
    connections = [_Connection(_connected(job.port)) for _ in range(job.connections)]
    with selectors.DefaultSelector() as selector:
        for one in connections:
            selector.register(one.socket, selectors.EVENT_READ, one)
        began = time.monotonic()
        took, acknowledged = _carry(job, calls, connections, selector, began)
    for one in connections:
        one.socket.close()
    return Sent(
        calls=job.calls,
        records=job.records,
        connections=job.connections,
        seconds=acknowledged[-1] - began,
        p50=statistics.median(took) * 1000,
        p99=sorted(took)[int(len(took) * 0.99)] * 1000,
        longest=max(took) * 1000,
        acknowledged=acknowledged if job.rate else [],
    )


def _carry(
    job: Job,
    calls: Sequence[bytes],
    connections: Sequence[_Connection],
    selector: selectors.BaseSelector,
    began: float,
) -> tuple[list[float], list[float]]:
    """How many seconds each call took, and when its answer came."""
    took: list[float] = []
    acknowledged: list[float] = []
    idle = deque(connections)
    begun = 0
    while len(took) < len(calls):
        wait = _SILENCE_SECONDS
        while idle and begun < len(calls):
            now = time.monotonic()
            due = began + begun / job.rate if job.rate else now
            if due > now:
                wait = due - now
                break
            one = idle.popleft()
            one.begin(calls[begun], due)
            begun += 1
            if one.rest:
                selector.modify(one.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, one)
        ready = selector.select(wait)
        if not ready and wait == _SILENCE_SECONDS:
            sys.exit(f"The server did not answer for {wait:.0f} seconds.")
        for key, events in ready:
            one = key.data
            if events & selectors.EVENT_WRITE:
                one.write()
                if not one.rest:
                    selector.modify(one.socket, selectors.EVENT_READ, one)
            if events & selectors.EVENT_READ and one.is_answered():
                now = time.monotonic()
                took.append(now - one.since)
                acknowledged.append(now)
                idle.append(one)
    return took, acknowledged


def _made(job: Job) -> list[bytes]:
    calls = []
    with Path(job.file).open("rb") as lines:
        chosen = islice(lines, job.skip, job.skip + job.calls * job.records)
        while records := list(islice(chosen, job.records)):
            body = b'{"data":[' + b",".join(line.rstrip(b"\n") for line in records) + b"]}"
            head = (
                f"POST {job.target} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\nUser-Agent: dojo-benchmark\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            calls.append(head.encode() + body)
    if len(calls) != job.calls:
        sys.exit(f"{job.file} has records for {len(calls):,} of {job.calls:,} calls.")
    return calls


def _connected(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=_SILENCE_SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setblocking(False)
    return made


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(send(msgspec.json.decode(sys.argv[1], type=Job))))
