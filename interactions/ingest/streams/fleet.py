"""Read all kept streams, each in its own thread."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from django.db import connections

from interactions.ingest.streams.consumer import Consumer
from interactions.models import Connection

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 4.0  # for threads to end; the supervisor waits five


@dataclass(slots=True)
class _Running:
    thread: threading.Thread
    stopped: threading.Event


class Fleet:
    """The consumers of this process, by connection."""

    def __init__(self) -> None:
        self._running: dict[int, _Running] = {}

    def look(self) -> None:
        """Start streams that were added or resumed, or have ended by themselves, and stop removed or paused ones.

        Raises django.db.Error.
        """
        wanted = Connection.objects.filter(stream__is_kept=True, is_paused=False)
        kept = {each.pk: each for each in wanted.select_related("environment", "stream")}
        for pk, running in list(self._running.items()):
            if pk not in kept:
                running.stopped.set()
            if not running.thread.is_alive():
                del self._running[pk]
        for pk in kept.keys() - self._running.keys():
            self._start(kept[pk])

    def _start(self, connection: Connection) -> None:
        stopped = threading.Event()
        thread = threading.Thread(target=_run, args=(connection, stopped), name=f"stream {connection.pk}", daemon=True)
        self._running[connection.pk] = _Running(thread, stopped)
        thread.start()

    def stop(self) -> None:
        """Stop all consumers, and release their partitions."""
        for running in self._running.values():
            running.stopped.set()
        until = time.monotonic() + _PATIENCE_SECONDS
        for running in self._running.values():
            running.thread.join(max(0.0, until - time.monotonic()))


def _run(connection: Connection, stopped: threading.Event) -> None:
    try:
        Consumer(connection, stopped).run()
    except Exception as error:
        # Logged without its text, which may quote a message. The fleet restarts it.
        logger.exception("Connection %s can't be read because of a defect: %s", connection.pk, type(error).__name__)
    finally:
        connections.close_all()
