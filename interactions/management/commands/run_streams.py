"""``manage.py run_streams``: read the streams that were added on the Connections page, until stopped."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection

from interactions.models import Connection

logger = logging.getLogger(__name__)

_SECONDS = 2.0  # between two lookups of the streams
_LONGEST_SECONDS = 60.0  # between lookups after repeated failures


class Command(BaseCommand):
    help = "Read the streams of the Connections page. Several processes share the partitions."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        pause = _SECONDS
        while not stopped.is_set() and not _any():
            stopped.wait(_SECONDS)
        if stopped.is_set():
            return
        # Imported only now, so this process takes next to no memory while no stream has been added.
        from interactions.ingest.streams.fleet import Fleet

        fleet = Fleet()
        while not stopped.is_set():
            close_old_connections()
            try:
                fleet.look()
                pause = _SECONDS
            except DatabaseError as error:
                logger.warning("The streams can't be looked up: %s", type(error).__name__)
                connection.close()
                pause = min(2 * pause, _LONGEST_SECONDS)
            stopped.wait(pause)
        fleet.stop()


def _any() -> bool:
    """Whether there is a stream to read."""
    close_old_connections()
    try:
        return Connection.objects.filter(stream__is_kept=True, is_paused=False).exists()
    except DatabaseError as error:
        logger.warning("The streams can't be looked up: %s", type(error).__name__)
        connection.close()
        return False
