"""Records become durable: one thread of each web process commits all that is waiting in one transaction.

A commit that survives a power cut costs some milliseconds of disk, whatever is in it; so the calls that came in
while one was under way share the next.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from interactions.inbox.turns import turn
from interactions.models import InboxEntry
from interactions.models.packing import pack

_MOST = 500  # calls in one transaction
_GATHER_SECONDS = 0.002
_INSERT = (
    f"INSERT INTO {InboxEntry._meta.db_table} (environment_id, received_at, records, text)"  # noqa: S608 - our own name
    " VALUES (%s, %s, %s, %s)"
)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A call until its commit. ``settled`` is held by whoever waits, and let go by the thread."""

    row: tuple[Any, ...]
    settled: threading.Lock = field(default_factory=threading.Lock)
    error: Exception | None = None


class _Writer:
    """The thread, started by the first call; a process that was forked has none yet."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Waiting] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def write(self, row: tuple[Any, ...]) -> None:
        """Return once the row, as _INSERT takes it, is committed. Raises what kept it from being so."""
        waiting = _Waiting(row)
        waiting.settled.acquire()
        self._queue.put(waiting)
        if self._thread is None or not self._thread.is_alive():
            self._start()
        waiting.settled.acquire()
        if waiting.error is not None:
            raise waiting.error

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        last = 1
        while True:
            group = self._gathered(last)
            last = len(group)
            error: Exception | None = None
            try:
                _commit([waiting.row for waiting in group])
            except Exception as failure:  # noqa: BLE001 - each caller raises it
                error = failure
                connections[DEFAULT_DB_ALIAS].close()
            for waiting in group:
                waiting.error = error
                waiting.settled.release()
            del group, waiting  # they hold the records, and the next call may be hours away

    def _gathered(self, last: int) -> list[_Waiting]:
        """What waits; where several came at once ``last`` time, so many are waited for, but not for long.

        They are on their way: a commit costs more than the time in which they come.
        """
        group = [self._queue.get()]
        until = time.monotonic() + _GATHER_SECONDS
        while len(group) < _MOST:
            try:
                if len(group) < last:
                    group.append(self._queue.get(timeout=max(0.0, until - time.monotonic())))
                else:
                    group.append(self._queue.get_nowait())
            except Empty:
                break
        return group


def _commit(rows: Sequence[tuple[Any, ...]]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    connection.close_if_unusable_or_obsolete()
    if connection.connection is None and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Elsewhere NORMAL will do: there a power cut may take back what nobody was promised.
            cursor.execute("PRAGMA synchronous=FULL")
    with turn(), transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)  # a tenth of what bulk_create costs, and this is once a call


_writer = _Writer()


def _after_fork() -> None:
    global _writer
    _writer = _Writer()


os.register_at_fork(after_in_child=_after_fork)


def accept(environment_id: int, received_at: datetime, records: int, text: bytes) -> None:
    """Put the records of one call, checked, into the inbox; ``text`` is their list without its brackets.

    When it returns they survive whatever happens. Raises django.db.Error where they could not be stored.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        raise RuntimeError("Records cannot be accepted within a transaction: its lock is the one that they wait for.")
    received = connection.ops.adapt_datetimefield_value(received_at)
    _writer.write((environment_id, received, records, pack(text)))
