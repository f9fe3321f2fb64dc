"""``manage.py append_inbox``: move records accepted by the API into the data set every second, until stopped."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from typing import Any

import redis
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection

from dojo import heartbeat
from interactions import guard
from interactions.disk import is_full
from interactions.ingest import live
from interactions.models import Environment
from interactions.warehouse.lake import LakeBusy
from interactions.warehouse.log import LakeUnreadable
from interactions.warehouse.steady import DataSetBusy

logger = logging.getLogger(__name__)

_SECONDS = 1.0
_LONGEST_SECONDS = 10.0  # between tries after repeated failures


class Command(BaseCommand):
    help = "Append records from the inbox to the data set every second. One process is enough; more do no harm."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="append what is in the inbox now, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        guard.check_process()
        signs = _SignsOfLife()
        pause, calm = _SECONDS, True
        _try_again()
        while not stopped.is_set():
            calm = _append_all(stopped, signs)
            if options["once"]:
                break
            pause = _SECONDS if calm else min(2 * pause, _LONGEST_SECONDS)
            stopped.wait(pause)


class _SignsOfLife:
    """Heartbeats for ``GET /healthz``. The loop itself sends them, so they stop if it hangs."""

    def __init__(self) -> None:
        self._client = heartbeat.connect()
        self._name = f"{os.getpid()}@{socket.gethostname()}"
        self._next = 0.0
        self._moved: dict[str, bool] = {}

    def give(self) -> None:
        """Send a heartbeat if the last one is old enough."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + heartbeat.EVERY_SECONDS
        try:
            heartbeat.beat(self._client, self._name, heartbeat.INBOX_KEY)
        except redis.RedisError as error:
            logger.warning("The heartbeat couldn't be sent: %s", error)

    def moves(self, environment: str, *, moves: bool) -> None:
        """Report whether an environment's inbox moves; skipped if it moves and did before."""
        if moves and self._moved.get(environment):
            return
        try:
            heartbeat.inbox_moves(self._client, environment, moves=moves)
        except redis.RedisError as error:
            logger.warning("Whether the inbox of %s moves couldn't be reported: %s", environment, error)
        else:
            self._moved[environment] = moves


def _try_again() -> None:
    try:
        if again := live.try_again():
            logger.warning("Retrying %s calls that were set aside", again)
    except DatabaseError:
        logger.exception("Calls that were set aside can't be retried")


def _append_all(stopped: threading.Event, signs: _SignsOfLife) -> bool:
    """Process all environments once; returns whether all succeeded."""
    calm = True
    close_old_connections()
    try:
        environments = list(Environment.objects.all())
        signs.give()
        for environment in environments:
            if stopped.is_set():
                break
            moves = _append(environment, signs)
            signs.moves(environment.slug, moves=moves)
            calm &= moves
    except Exception as error:  # noqa: BLE001 - the next round retries after any error
        _complain(error, "The inbox can't be read")
        connection.close()
        calm = False
    return calm


def _append(environment: Environment, signs: _SignsOfLife) -> bool:
    try:
        live.append(environment, signs.give)
    except (LakeBusy, LakeUnreadable, DataSetBusy) as reason:
        logger.warning("The inbox of %s waits: %s", environment.slug, reason)
        return False
    except Exception as error:  # noqa: BLE001 - as above
        _complain(error, f"The inbox of {environment.slug} couldn't be appended. Nothing is lost; Dojo tries again")
        return False
    return True


def _complain(error: Exception, sentence: str) -> None:
    """Log an error; call it in an except block."""
    if is_full(error):
        logger.warning("The inbox waits for disk space; nothing is lost")
    else:
        logger.exception(sentence)
