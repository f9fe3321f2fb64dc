"""``manage.py keep_summaries``: sum up what comes into the data sets, until told to stop.

Each second it is looked whether anything came. What is live comes each second, too, so a few new parts are left to the
questions; once there are more, or nothing more comes, they are summed up. After a large import the dashboard's
questions are asked before anyone opens it. After each round it rests for four times as long as that took: whatever
comes, it takes a fifth of a core.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from interactions.lake import Lake
from interactions.models import Environment
from interactions.queries.covering import cover
from interactions.queries.preparing import prepare

logger = logging.getLogger(__name__)

_SECONDS = 1.0
_LONGEST_SECONDS = 60.0  # between two rounds, where they take long or one after the other fails
_REST = 4  # times that a round took
_QUIET_SECONDS = 60.0  # without anything new, after which the last few parts are summed up, too
_LARGE = 50_000  # records added, from which on the dashboard would keep whoever opens it waiting


@dataclass(frozen=True, slots=True)
class _Seen:
    """The table of an environment in its last round: version and zone, its records, when they were new, and if all
    was summed up."""

    state: tuple[int, str]
    rows: int
    since: float
    is_whole: bool


class Command(BaseCommand):
    help = "Keep the summaries that the dashboard is answered from. One is enough; several do no harm."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sum up what there is now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        seen: dict[str, _Seen] = {}
        failures = 0
        while not stopped.is_set():
            close_old_connections()
            began = time.monotonic()
            calm = _cover_all(seen, stopped)
            if options["once"]:
                break
            failures = 0 if calm else failures + 1
            rest = max(_SECONDS * 2**failures, _REST * (time.monotonic() - began))
            stopped.wait(min(rest, _LONGEST_SECONDS))


def _cover_all(seen: dict[str, _Seen], stopped: threading.Event) -> bool:
    """One round over all environments; whether all went well."""
    try:
        for environment in Environment.objects.all():
            if stopped.is_set():
                break
            seen[environment.slug] = _cover(environment, seen.get(environment.slug), stopped)
    except Exception:
        logger.exception("The summaries could not be kept; the parts themselves answer until they are")
        return False
    return True


def _cover(environment: Environment, before: _Seen | None, stopped: threading.Event) -> _Seen:
    """Sum up what is to be by now: all at the first look, and once it is quiet."""
    now = time.monotonic()
    version, parts = Lake(environment.slug).state()
    state, rows = (version, environment.time_zone), sum(part.rows for part in parts)
    if before is not None and before.state == state:
        if before.is_whole or now - before.since < _QUIET_SECONDS:
            return before
        since, is_whole = before.since, True
    else:
        since, is_whole = now, before is None
    cover(environment.slug, environment.zone, stopped.is_set, leaves_few=not is_whole)
    if before is not None and rows - before.rows >= _LARGE:
        prepare(environment.slug, environment.zone)
    return _Seen(state, rows, since, is_whole)
