"""Heartbeats of long tasks, so that the sweep doesn't consider them lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils import timezone

logger = logging.getLogger(__name__)

_SIGNS = 5.0  # heartbeats within the time after which a silent task is considered lost


@contextmanager
def beating(rows: QuerySet[Any]) -> Iterator[None]:
    """Keep ``heartbeat_at`` of ``rows`` (one Import or Block) up to date inside the context."""
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(settings.IMPORT_STALE_SECONDS / _SIGNS):
                _sign(rows)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    _sign(rows)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _sign(rows: QuerySet[Any]) -> None:
    try:
        rows.all().update(heartbeat_at=timezone.now())
    except DatabaseError as error:
        logger.warning("The heartbeat couldn't be written: %s", error)  # the next one may succeed
