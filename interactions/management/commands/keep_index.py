"""``manage.py keep_index``: keep the event index of each environment up to date, until stopped.

It checks for changes every second, and again at once after an update: large runs are merged while nothing is new. One
process is enough; others find the environments locked and do no harm.
"""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

import redis
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection

from interactions import guard
from interactions.analytics.keeper import Keeper
from interactions.disk import is_full
from interactions.models import Environment
from interactions.privacy import remains
from interactions.warehouse.log import LakeUnreadable

logger = logging.getLogger(__name__)

_SECONDS = 1.0
_LONGEST_SECONDS = 60.0  # between rounds after repeated failures


class Command(BaseCommand):
    help = "Keep the event index behind the pages up to date. One process is enough; more do no harm."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="update it, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        guard.check_process()
        keepers: dict[str, Keeper] = {}
        failures, is_clean = 0, False
        while not stopped.is_set():
            is_clean = is_clean or _cleaned()
            is_well = _round(keepers, stopped)
            if options["once"]:
                break
            failures = 0 if is_well else failures + 1
            close_old_connections()
            stopped.wait(min(_SECONDS * 2**failures, _LONGEST_SECONDS))


def _cleaned() -> bool:
    """Remove leftovers of versions before the index; returns whether that succeeded."""
    try:
        remains.remove()
    except redis.RedisError as error:
        logger.warning("Leftovers of an older version are removed once Redis answers: %s", error)
        return False
    return True


def _round(keepers: dict[str, Keeper], stopped: threading.Event) -> bool:
    """Update the index of each environment; returns whether all succeeded."""
    try:
        slugs = list(Environment.objects.values_list("slug", flat=True))
    except DatabaseError as error:
        _complain(error, "The environments can't be read; their indexes stay as they are")
        connection.close()
        return False
    return not [slug for slug in slugs if not _keep(keepers.setdefault(slug, Keeper(slug)), stopped)]


def _keep(keeper: Keeper, stopped: threading.Event) -> bool:
    try:
        while not stopped.is_set() and keeper.turn():
            pass
    except LakeUnreadable as reason:
        logger.warning("The event index of %s waits: %s", keeper.environment, reason)
        return False
    except Exception as error:  # noqa: BLE001 - the next round retries after any error
        _complain(error, f"The event index of {keeper.environment} can't be kept; pages show its last version")
        return False
    return True


def _complain(error: Exception, sentence: str) -> None:
    """Log an error; call it in an except block."""
    if is_full(error):
        logger.warning("%s. The disk is full: free up some space, and it continues within a minute", sentence)
    else:
        logger.exception(sentence)
