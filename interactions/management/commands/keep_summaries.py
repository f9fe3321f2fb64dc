"""``manage.py keep_summaries``: sum up what comes into the data sets, every second, until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from interactions.lake import Lake
from interactions.models import Environment
from interactions.queries.covering import cover

logger = logging.getLogger(__name__)

_SECONDS = 1.0
_LONGEST_SECONDS = 60.0  # between two tries where one after the other fails


class Command(BaseCommand):
    help = "Keep the summaries that the dashboard is answered from. One is enough; several do no harm."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sum up what there is now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        done: dict[str, tuple[int, str]] = {}
        pause = _SECONDS
        while not stopped.is_set():
            close_old_connections()
            calm = _cover_all(done, stopped)
            if options["once"]:
                break
            pause = _SECONDS if calm else min(2 * pause, _LONGEST_SECONDS)
            stopped.wait(pause)


def _cover_all(done: dict[str, tuple[int, str]], stopped: threading.Event) -> bool:
    """One round over all environments; ``done`` has the version and the zone of each that is summed up."""
    calm = True
    try:
        for environment in Environment.objects.all():
            state = (Lake(environment.slug).version(), environment.time_zone)
            if stopped.is_set() or done.get(environment.slug) == state:
                continue
            cover(environment.slug, environment.zone, stopped.is_set)
            done[environment.slug] = state
    except Exception:
        logger.exception("The summaries could not be kept; the parts themselves answer until they are")
        calm = False
    return calm
