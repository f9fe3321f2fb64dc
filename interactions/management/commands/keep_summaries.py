"""``manage.py keep_summaries``: sum up what comes into the data sets, until told to stop.

Each second it is looked whether anything came. What is live comes each second, too, so a few new parts are left to the
questions; once there are more, or nothing more comes, they are summed up. After a large import the dashboard's
questions are asked before anyone opens it. After each round it rests for four times as long as that took: whatever
comes, it takes a fifth of a core. An erasure or an undo ends the rest: until all that it wrote anew is summed up again,
each question counts it from the records.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from interactions.disk import is_full
from interactions.models import Environment
from interactions.queries.covering import cover
from interactions.queries.preparing import prepare
from interactions.warehouse.lake import Lake
from interactions.warehouse.log import LakeUnreadable

logger = logging.getLogger(__name__)

_SECONDS = 1.0
_LONGEST_SECONDS = 60.0  # between two rounds, where they take long or one after the other fails
_REST = 4  # times that a round took
_QUIET_SECONDS = 60.0  # without anything new, after which the last few parts are summed up, too
_LARGE = 50_000  # records added or written anew, from which on the dashboard would keep whoever opens it waiting


@dataclass(frozen=True, slots=True)
class _Seen:
    """The table of an environment in its last round: version and zone, the records of each part, when they were new,
    and if all was summed up."""

    state: tuple[int, str]
    parts: Mapping[Path, int]
    since: float
    is_whole: bool

    @property
    def rows(self) -> int:
        return sum(self.parts.values())


class Command(BaseCommand):
    help = "Keep the summaries that the dashboard is answered from. One is enough; more do no harm."
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
            _rest(min(rest, _LONGEST_SECONDS), seen if calm else {}, stopped)


def _rest(seconds: float, seen: Mapping[str, _Seen], stopped: threading.Event) -> None:
    until = time.monotonic() + seconds
    while not stopped.wait(min(_SECONDS, max(0.0, until - time.monotonic()))):
        if time.monotonic() >= until or any(_is_rewritten(slug, before) for slug, before in seen.items()):
            return


def _is_rewritten(slug: str, before: _Seen) -> bool:
    """Whether much of what was summed up is no longer in the table."""
    try:
        there = {part.path for part in Lake(slug).parts()}
    except LakeUnreadable:
        return False
    return sum(rows for path, rows in before.parts.items() if path not in there) >= _LARGE


def _cover_all(seen: dict[str, _Seen], stopped: threading.Event) -> bool:
    """One round over all environments; whether all went well."""
    try:
        for environment in Environment.objects.all():
            if stopped.is_set():
                break
            seen[environment.slug] = _cover(environment, seen.get(environment.slug), stopped)
    except Exception as error:
        if is_full(error):
            logger.warning("Summaries wait for room on the disk; the parts themselves answer until there is")
        else:
            logger.exception("The summaries could not be kept; the parts themselves answer until they are")
        return False
    return True


def _cover(environment: Environment, before: _Seen | None, stopped: threading.Event) -> _Seen:
    """Sum up what is to be by now: all at the first look, and once it is quiet."""
    now = time.monotonic()
    version, parts = Lake(environment.slug).state()
    state, rows = (version, environment.time_zone), {part.path: part.rows for part in parts}
    if before is not None and before.state == state:
        if before.is_whole or now - before.since < _QUIET_SECONDS:
            return before
        since, is_whole = before.since, True
    else:
        since, is_whole = now, before is None
    cover(environment.slug, environment.zone, stopped.is_set, leaves_few=not is_whole)
    seen = _Seen(state, rows, since, is_whole)
    if before is not None and seen.rows - before.rows >= _LARGE:
        prepare(environment.slug, environment.zone)
    return seen
