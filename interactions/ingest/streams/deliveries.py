"""Tell the Live page what a stream brought.

A busy stream brings several batches a second, which would push everybody else's calls off the page: what came within a
few seconds is one row. Only the last batch's records go with it, at once: an erasure looks for them there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from interactions.ingest.connections.find import caller_of
from interactions.ingest.connections.read import Arrived
from interactions.ingest.live import calls
from interactions.ingest.live.calls import Delivery
from interactions.ingest.streams.reader import Slice
from interactions.models import Connection

_PAUSE_SECONDS: Final = 2.0  # between two rows of a stream
_RECORD: Final = re.compile(r"^data\.(\d+)")


class Deliveries:
    """The rows of one stream. ``push`` never raises, as that of the ring."""

    def __init__(self, connection: Connection, kind: str, push: Callable[[list[Delivery]], None] = calls.push) -> None:
        self._caller, self._kind, self._push = caller_of(connection), kind, push
        self._next = 0.0
        self._clear()

    def _clear(self) -> None:
        self._topics: dict[str, int] = {}  # messages of each
        self._arrived = Arrived()
        self._skipped = self._refused = self._size = 0
        self._milliseconds = 0.0

    def add(self, at: datetime, slices: Sequence[Slice], arrived: Arrived, seconds: float) -> None:
        """Count what was stored, and tell it unless a row was told just now."""
        for each in slices:
            self._topics[each.key.topic] = self._topics.get(each.key.topic, 0) + len(each.values)
        before = self._arrived
        self._skipped += arrived.skipped
        self._refused += arrived.refused
        self._size += len(arrived.text)
        self._milliseconds += 1000 * seconds
        self._arrived = Arrived(before.records + arrived.records, all_records=arrived.all_records)
        self._arrived.lines = _moved(before.lines, len(arrived.all_records)) + arrived.lines
        if time.monotonic() >= self._next:
            self._tell(at, is_fresh=True)

    def tell(self, at: datetime, *, is_last: bool = False) -> None:
        """Tell what was counted and not told yet, if it's time, or the stream ``is_last`` looked at."""
        if self._topics and (is_last or time.monotonic() >= self._next):
            self._tell(at, is_fresh=False)

    def _tell(self, at: datetime, *, is_fresh: bool) -> None:
        caller, arrived = self._caller, self._arrived
        self._push(
            [
                Delivery(
                    environment=caller.environment,
                    at=at,
                    client=self._kind,
                    key_name=caller.name,
                    key_prefix="",
                    method=calls.READ,
                    path=", ".join(self._topics),
                    records=arrived.records,
                    status=200,
                    milliseconds=self._milliseconds,
                    reason=self._said(),
                    lines=arrived.lines,
                    body=_body(arrived.all_records) if is_fresh else b"",
                    size=self._size,
                )
            ]
        )
        self._clear()
        self._next = time.monotonic() + _PAUSE_SECONDS

    def _said(self) -> str:
        count = sum(self._topics.values())
        said = f"{count:,} message{'' if count == 1 else 's'} read"
        for number, word in ((self._skipped, "skipped"), (self._refused, "refused")):
            said += f", {number:,} {word}" if number else ""
        return f"{said}."


def _moved(lines: Sequence[str], by: int) -> list[str]:
    """Lines about records of an earlier batch, behind those of a later one, which alone are shown."""
    return [_RECORD.sub(lambda found: f"data.{int(found[1]) + by}", line) for line in lines]


def _body(records: Sequence[bytes]) -> bytes:
    """As many records as the page keeps, as one body."""
    size = 0
    shown: list[bytes] = []
    for record in records:
        size += len(record) + 1
        if shown and size > calls.BODY_BYTES:
            break
        shown.append(record)
    return b'{"data":[' + b",".join(shown) + b"]}" if shown else b""
