"""Make records durable: one thread per web process commits all waiting calls in one transaction.

A durable commit takes some milliseconds of disk time regardless of its size, so calls that arrive during one share the
next.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from interactions.ingest.live.turns import turn
from interactions.models import InboxEntry
from interactions.models.packed import pack

_MOST = 500  # calls in one transaction
_GATHER_SECONDS = 0.002
_INSERT = (
    f"INSERT INTO {InboxEntry._meta.db_table} (environment_id, received_at, records, text)"  # noqa: S608 - our own name
    " VALUES (%s, %s, %s, %s)"
)


@dataclass(frozen=True, slots=True)
class Beside:
    """Something to write in the transaction that stores a call's records; ``write`` may raise only django.db.Error.

    Within a transaction they run in order of ``place``, because writing the same rows in different orders would
    deadlock on PostgreSQL.
    """

    place: int
    write: Callable[[], None]


@dataclass(slots=True, eq=False)
class _Waiting:
    """A call until its commit. ``settled`` is a lock to release, or a future of an event loop.

    ``row`` is None without records, if there's only something ``beside``.
    """

    row: tuple[Any, ...] | None
    settled: threading.Lock | asyncio.Future[None]
    beside: Beside | None = None
    error: Exception | None = None


class _Writer:
    """The thread, started by the first call; a forked process starts its own."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Waiting] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def write(self, row: tuple[Any, ...] | None, beside: Beside | None) -> None:
        """Return once the row, with the columns of _INSERT, is committed. Raises the error of the commit."""
        lock = threading.Lock()
        lock.acquire()
        waiting = _Waiting(row, lock, beside)
        self._put(waiting)
        lock.acquire()
        if waiting.error is not None:
            raise waiting.error

    def written(self, row: tuple[Any, ...]) -> asyncio.Future[None]:
        """The same without blocking, for an event loop."""
        future = asyncio.get_running_loop().create_future()
        self._put(_Waiting(row, future))
        return future

    def _put(self, waiting: _Waiting) -> None:
        self._queue.put(waiting)
        if self._thread is None or not self._thread.is_alive():
            self._start()

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
                _commit(group)
            except Exception as failure:  # noqa: BLE001 - each caller raises it
                error = failure
                connections[DEFAULT_DB_ALIAS].close()
            _settle(group, error)
            del group  # frees the records, as the next call may be hours away

    def _gathered(self, last: int) -> list[_Waiting]:
        """The waiting calls. If the ``last`` group had several, wait briefly for as many.

        They are probably on their way, and a commit takes longer than that.
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


def _settle(group: list[_Waiting], error: Exception | None) -> None:
    futures: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiting in group:
        waiting.error = error
        if isinstance(waiting.settled, asyncio.Future):
            futures.setdefault(waiting.settled.get_loop(), []).append(waiting.settled)
        else:
            waiting.settled.release()
    for loop, settled in futures.items():
        with suppress(RuntimeError):  # the loop has ended, so nobody is waiting
            loop.call_soon_threadsafe(_settle_futures, settled, error)


def _settle_futures(settled: list[asyncio.Future[None]], error: Exception | None) -> None:
    for future in settled:
        if future.done():
            continue  # its request was abandoned
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _commit(group: Sequence[_Waiting]) -> None:
    rows = [waiting.row for waiting in group if waiting.row is not None]
    besides = [waiting.beside for waiting in group if waiting.beside is not None]
    connection = connections[DEFAULT_DB_ALIAS]
    connection.close_if_unusable_or_obsolete()
    if connection.connection is None and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Elsewhere NORMAL is enough, because nothing was acknowledged that a power cut could lose.
            cursor.execute("PRAGMA synchronous=FULL")
    with turn(), transaction.atomic(), connection.cursor() as cursor:
        if rows:
            cursor.executemany(_INSERT, rows)  # takes a tenth of the time of bulk_create, and runs for every call
        for beside in sorted(besides, key=lambda each: each.place):
            beside.write()


_writer = _Writer()


def _after_fork() -> None:
    global _writer
    _writer = _Writer()


os.register_at_fork(after_in_child=_after_fork)


def accept(
    environment_id: int, received_at: datetime, records: int, text: bytes, *, beside: Beside | None = None
) -> None:
    """Put the checked records of a call into the inbox; ``text`` is their JSON list without its brackets.

    When it returns, the records and ``beside`` are durable; there may be no records. Raises django.db.Error if nothing
    was stored.
    """
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        raise RuntimeError("Records cannot be accepted within a transaction: its lock is the one that they wait for.")
    _writer.write(_row(environment_id, received_at, records, text) if records else None, beside)


def accepted(environment_id: int, received_at: datetime, records: int, text: bytes) -> asyncio.Future[None]:
    """The same as ``accept`` for an event loop: a future that is done once the records are durable."""
    return _writer.written(_row(environment_id, received_at, records, text))


def _row(environment_id: int, received_at: datetime, records: int, text: bytes) -> tuple[Any, ...]:
    received = connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(received_at)
    return environment_id, received, records, pack(text)
