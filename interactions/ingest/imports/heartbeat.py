"""Signs of life of a task whose work may take long, so that the sweep does not take it for lost."""

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

_SIGNS = 5.0  # within the time after which a silent task is taken for lost


@contextmanager
def beating(rows: QuerySet[Any]) -> Iterator[None]:
    """Keep ``heartbeat_at`` of ``rows`` (one Import or Block) fresh as long as the context lasts."""
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
        logger.warning("No sign of life could be written: %s", error)  # the next one may be
