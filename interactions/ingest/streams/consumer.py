"""Read one stream: what is read is stored together with how far it was read, so each message counts exactly once."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.db.models import Sum
from django.utils import timezone

from interactions import privacy
from interactions.access import audit
from interactions.connectors import SOURCES
from interactions.disk import is_full
from interactions.ingest.connections.accept import accept
from interactions.ingest.connections.find import caller_of
from interactions.ingest.connections.read import Arrived
from interactions.ingest.connections.types import options_of
from interactions.ingest.streams import leases
from interactions.ingest.streams.deliveries import Deliveries
from interactions.ingest.streams.errors import LeaseLost, StreamAway
from interactions.ingest.streams.leases import Leases, Scope
from interactions.ingest.streams.payloads import Payloads
from interactions.ingest.streams.reader import Found, Key, Open, Slice, StreamReader
from interactions.models import Connection, InboxEntry, Stream, StreamKind
from interactions.privacy import wishes

logger = logging.getLogger(__name__)

BATCH: Final = 5_000  # messages that are stored at once
_WAIT_SECONDS: Final = 0.25  # for messages
_LOOK_SECONDS: Final = 1.0  # between two looks at the inbox, and at whether the stream is paused
_FIND_SECONDS: Final = 10.0  # between two looks for new partitions
_LONGEST_SECONDS: Final = 30.0  # between two tries at a stream that can't be read
_FULL: Final = "The inbox is full. Reading continues once the process inbox has moved its records."
_DISK_FULL: Final = "The disk is full. Free up some space, and reading continues."
_DATABASE: Final = "The database doesn't answer. Dojo keeps trying."


@dataclass(slots=True)
class Counts:
    """What a consumer has stored since it began."""

    interactions: int = 0
    skipped: int = 0
    refused: int = 0


def reader_of(stream: Stream) -> StreamReader:
    """A client of the stream. Raises StreamAway."""
    if stream.kind == StreamKind.KAFKA:
        from interactions.ingest.streams.kafka import KafkaReader

        return KafkaReader(stream)
    from interactions.ingest.streams.kinesis import KinesisReader

    return KinesisReader(stream)


class Consumer:
    """Reads the stream of one connection until ``stopped`` is set, or, where ``idle`` seconds are given, until nothing
    came for so long. It keeps trying where the stream or the database can't be had; ``tell`` hears why."""

    def __init__(
        self,
        connection: Connection,
        stopped: threading.Event,
        *,
        idle: float | None = None,
        tell: Callable[[str], None] = lambda _: None,
        open_: Open | None = None,
    ) -> None:
        self._connection = connection
        self._stream: Stream = connection.stream
        self._stopped = stopped
        self._idle = idle
        self._tell = tell
        self._open = open_ or (lambda: reader_of(self._stream))
        self._holder = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._problem: str | None = None
        self._busy_at = time.monotonic()
        self.counts = Counts()

    def run(self) -> None:
        """Raises nothing that another try may mend. Waits where the connection is paused, and ends where it's gone."""
        pause = 1.0
        while not self._is_over():
            began = time.monotonic()
            try:
                is_paused = self.is_paused()
                if is_paused is None:
                    return
                if is_paused:
                    self.note("")
                else:
                    with closing(self._open()) as reader:
                        _Session(self, reader).run()
            except StreamAway as reason:
                self.note(str(reason))
            except DatabaseError as error:
                self._complain(error)
            pause = 1.0 if time.monotonic() - began > _LONGEST_SECONDS else min(2 * pause, _LONGEST_SECONDS)
            if not self._is_over():
                self._stopped.wait(_LOOK_SECONDS if not self._problem else pause)

    def is_paused(self) -> bool | None:
        """Whether the connection is paused; None where it is gone."""
        return Connection.objects.filter(pk=self._connection.pk).values_list("is_paused", flat=True).first()

    def _complain(self, error: DatabaseError) -> None:
        logger.warning(
            "What was read from connection %s can't be stored: %s", self._connection.pk, type(error).__name__
        )
        connections.close_all()
        self.note(_DISK_FULL if is_full(error) else _DATABASE)

    def _is_over(self) -> bool:
        return self._stopped.is_set() or self.is_idle()

    def is_idle(self, least: float = 0.0) -> bool:
        """Whether nothing came for as long as it is to wait, ``least`` seconds or more."""
        return self._idle is not None and time.monotonic() - self._busy_at >= max(self._idle, least)

    def is_busy(self) -> None:
        """Note that there was something to do."""
        self._busy_at = time.monotonic()

    def note(self, problem: str) -> None:
        """Show what keeps the stream from being read; nothing where it is read."""
        if problem == self._problem:
            return
        if problem:
            self._tell(problem)
        changed: dict[str, Any] = {"problem": problem[:1000]}
        if problem and problem != _FULL:
            changed |= {"last_problem": problem[:1000], "last_problem_at": timezone.now()}
        try:
            Stream.objects.filter(pk=self._stream.pk).update(**changed)
        except DatabaseError as error:
            logger.warning("A stream's problem can't be noted: %s", type(error).__name__)
        else:
            self._problem = problem

    def should_stop(self) -> bool:
        return self._stopped.is_set()

    def wait(self, seconds: float) -> None:
        self._stopped.wait(seconds)

    @property
    def problem(self) -> str:
        """What keeps it from reading now; empty where nothing does."""
        return self._problem or ""

    @property
    def connection(self) -> Connection:
        return self._connection

    @property
    def stream(self) -> Stream:
        return self._stream

    @property
    def holder(self) -> str:
        return self._holder


class _Session:
    """From connecting to a stream until it's left, or an error ends it."""

    def __init__(self, consumer: Consumer, reader: StreamReader) -> None:
        self._consumer = consumer
        self._connection = consumer.connection
        self._stream = consumer.stream
        self._reader = reader
        self._payloads = Payloads(
            self._connection.source, reader.place, partial(options_of, self._connection.environment_id)
        )
        self._leases = Leases(self._scope(), consumer.holder)
        self._deliveries = Deliveries(self._connection, self._stream.get_kind_display())
        self._found: Sequence[Found] = ()
        self._uncommitted: dict[Key, str] = {}
        self._next_find = self._next_renewal = self._next_look = 0.0
        self._is_full = False

    def _scope(self) -> Scope:
        stream = self._stream
        cluster = self._reader.cluster()[:300]
        if cluster != stream.cluster:
            stream.cluster = cluster
            Stream.objects.filter(pk=stream.pk).update(cluster=cluster)
        return Scope(self._connection.environment_id, stream.kind, stream.group, cluster)

    def run(self) -> None:
        """Raises StreamAway and django.db.Error. Whichever way it ends, others may have its partitions at once."""
        self._leases.reload()
        self._assign()
        self._consumer.is_busy()
        try:
            while self._goes_on():
                if self._is_full or not self._leases.held:
                    self._consumer.wait(_WAIT_SECONDS)
                elif slices := self._reader.read(BATCH, _WAIT_SECONDS):
                    self._store(slices)
        finally:
            self._reader.commit(self._uncommitted)
            self._let_go()
            self._deliveries.tell(timezone.now(), is_last=True)

    def _let_go(self) -> None:
        try:
            self._leases.release()
        except DatabaseError as error:
            logger.warning("Leases of a stream run out by themselves: %s", type(error).__name__)

    def _goes_on(self) -> bool:
        """Do what is due between two reads; whether to read on."""
        if self._consumer.should_stop():
            return False
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_SECONDS
            if not self._look():
                return False
        if now >= self._next_find:
            self._next_find = now + _FIND_SECONDS
            self._find()
            self._next_renewal = 0.0
        if now >= self._next_renewal:
            self._next_renewal = now + leases.RENEW_SECONDS
            self._renew()
        # Whoever else holds a partition may have been killed: that shows when the lease runs out.
        return not self._consumer.is_idle(leases.SECONDS + leases.RENEW_SECONDS if self._leases.others else 0.0)

    def _look(self) -> bool:
        """Whether the stream is still to be read; and see whether the inbox is full."""
        close_old_connections()
        self._deliveries.tell(timezone.now())
        if self._consumer.is_paused() is not False:
            return False
        waiting = InboxEntry.objects.filter(environment=self._connection.environment_id, problem="")
        self._is_full = (waiting.aggregate(sum=Sum("records"))["sum"] or 0) >= settings.STREAM_INBOX_RECORDS
        if self._is_full:
            self._consumer.is_busy()
        self._consumer.note(_FULL if self._is_full else self._reader.trouble())
        if self._uncommitted:
            self._reader.commit(self._uncommitted)
            self._uncommitted = {}
        return True

    def _find(self) -> None:
        """Look for partitions, and begin with those that are new."""
        self._found = self._reader.partitions()
        known = self._leases.known({each.key.topic for each in self._found})
        begun = {key.topic for key in known}
        new = [each.key for each in self._found if each.key not in known]
        if new:
            self._leases.add({key: self._reader.first_position(key, is_new=key.topic in begun) for key in new})

    def _renew(self) -> None:
        held = self._leases.held
        kept = self._leases.renew({key: self._reader.behind(key, lease.position) for key, lease in held.items()})
        if self._leases.share(self._found):
            self._consumer.is_busy()
            kept = False
        if not kept:
            self._assign()

    def _assign(self) -> None:
        self._reader.assign({key: lease.position for key, lease in self._leases.held.items()})

    def _store(self, slices: Sequence[Slice]) -> None:
        """Store what was read. Where a lease was lost nothing of it is, and all is read again that is still ours."""
        at, began = timezone.now(), time.perf_counter()
        arrived = self._payloads.read(slices)
        positions = {each.key: each.after for each in slices}
        ended = [each.key for each in slices if each.is_last]
        self._grant(arrived)
        erased = privacy.refused(self._connection.environment_id)
        try:
            accept(self._connection, at, arrived, erased, also=lambda: self._leases.write(positions, ended))
        except LeaseLost:
            self._leases.reload()
            self._assign()
            return
        self._leases.written(positions, ended)
        self._note_stored(arrived, positions)
        self._deliveries.add(at, slices, arrived, time.perf_counter() - began)
        if ended:  # what comes after them may be read now
            self._assign()
            self._next_find = 0.0

    def _note_stored(self, arrived: Arrived, positions: Mapping[Key, str]) -> None:
        self._uncommitted.update(positions)
        self._consumer.is_busy()
        counts = self._consumer.counts
        counts.interactions += arrived.records
        counts.skipped += arrived.skipped
        counts.refused += arrived.refused

    def _grant(self, arrived: Arrived) -> None:
        """See to what events ask for on people's behalf, before they count as read."""
        if not arrived.requests:
            return
        by = replace(caller_of(self._connection), key_id=0)  # the activity log knows keys by number
        title = SOURCES[self._connection.source].TITLE if self._connection.source else self._stream.get_kind_display()
        with audit.acting(by):
            wishes.grant(self._connection.environment, arrived.requests, asked_by=f"{title}: {by.name}", by=by)
