"""Read all streams that are kept, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from django.db import connections

from interactions.ingest.streams.consumer import Consumer
from interactions.models import Connection

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 4.0  # for threads that are to end; the supervisor's own patience is five


@dataclass(slots=True)
class _Running:
    thread: threading.Thread
    stopped: threading.Event


class Fleet:
    """The consumers of this process, by the connection that each reads for."""

    def __init__(self) -> None:
        self._running: dict[int, _Running] = {}

    def look(self) -> None:
        """Start what was added or resumed, or has ended by itself, and stop what was removed or paused.

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
        """End all; their partitions are free for others at once."""
        for running in self._running.values():
            running.stopped.set()
        until = time.monotonic() + _PATIENCE_SECONDS
        for running in self._running.values():
            running.thread.join(max(0.0, until - time.monotonic()))


def _run(connection: Connection, stopped: threading.Event) -> None:
    try:
        Consumer(connection, stopped).run()
    except Exception as error:
        # Its text may quote a message. The next look starts it again.
        logger.exception("Connection %s can't be read because of a defect: %s", connection.pk, type(error).__name__)
    finally:
        connections.close_all()
