"""The task of a pull: download one day and start its import. Idempotent.

A day's progress is in its row and in the state of its import, and each step is a short transaction. So after a crash
the next task continues where the last one stopped. An incomplete download is started again.
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from interactions.disk import PAUSED, is_full
from interactions.ingest import imports
from interactions.ingest.connections.seal import ConnectionSecretUnreadable, opened
from interactions.ingest.imports import storage
from interactions.ingest.imports.heartbeat import beating
from interactions.ingest.imports.queue import enqueue
from interactions.ingest.pulls.days import next_day, next_look
from interactions.ingest.pulls.examples import keep_examples
from interactions.ingest.pulls.fetch import NoEvents, PullFailed, TooLarge, fetch
from interactions.ingest.pulls.sources import PULL_SOURCES
from interactions.models import Import, Pull, PulledDay, Upload

logger = logging.getLogger(__name__)

MOST_LOADING: Final = 2  # imports of a pull that load at once, so that a backfill doesn't fill the disk
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=1)
BUSY_WAIT: Final = timedelta(seconds=10)
_LOOK_SECONDS: Final = 1.0
_HOUR: Final = timedelta(hours=1)


class PullStopped(Exception):
    """The pull was paused or removed, its import was cancelled, or another task has taken over."""


def sweep() -> None:
    """Enqueue every pull that is due, including those whose task was lost."""
    for pk in _due().filter(connection__is_paused=False).values_list("pk", flat=True):
        enqueue("pull_day", pk)


def carry(pull: Pull) -> None:
    """Pull the next day that is due, if any, and enqueue the one after it."""
    if pull.connection.is_paused or not _claim(pull):
        return
    mine = _mine(pull)
    now = timezone.now()
    more = False
    try:
        with beating(mine):
            more = _carry(pull, now)
    except PullStopped:
        logger.info("Pull %s stopped", pull.pk)
    except PullFailed as failure:
        _fail(pull, str(failure), failure.wait)
    except ConnectionSecretUnreadable as error:
        _fail(pull, str(error), _LONGEST_WAIT)
    except Exception as error:  # the page has to show any failure
        if is_full(error):
            _fail(pull, PAUSED, _FIRST_WAIT)
        else:
            reference = uuid.uuid4().hex[:8]
            logger.exception("Pull %s failed [%s]", pull.pk, reference)
            _fail(pull, f"Something went wrong (reference {reference}). Dojo tries again.", None)
    finally:
        mine.update(claim="", heartbeat_at=None)
    if more:
        enqueue("pull_day", pull.pk)


def _due() -> QuerySet[Pull]:
    quiet = timezone.now() - timedelta(seconds=settings.IMPORT_STALE_SECONDS)
    idle = Q(heartbeat_at=None) | Q(heartbeat_at__lt=quiet)
    return Pull.objects.filter(idle, next_at__lte=timezone.now())


def _claim(pull: Pull) -> bool:
    """Claim the pull in a single UPDATE, so that only one of two concurrent tasks gets it."""
    claim = uuid.uuid4().hex
    claimed = _due().filter(pk=pull.pk).update(claim=claim, heartbeat_at=timezone.now())
    if claimed:
        pull.refresh_from_db()
        pull.claim = claim
    return bool(claimed)


def _mine(pull: Pull) -> QuerySet[Pull]:
    """The pull's row, as long as this task has claimed it."""
    return Pull.objects.filter(pk=pull.pk, claim=pull.claim)


def _fail(pull: Pull, sentence: str, wait: timedelta | None) -> None:
    failures = pull.failures + 1
    wait = wait or min(_FIRST_WAIT * 2 ** min(failures - 1, 10), _LONGEST_WAIT)
    _mine(pull).update(failures=min(failures, 1000), error=sentence, next_at=timezone.now() + wait)
    logger.warning("Pull %s failed %s times", pull.pk, failures)  # without the tool's message, which may name people


def _carry(pull: Pull, now: datetime) -> bool:
    """Pull a day. Returns whether another day may be due right away."""
    loading = Import.objects.filter(pulled_days__pull=pull, state=Import.State.LOADING)
    if loading.count() >= MOST_LOADING:
        _mine(pull).update(next_at=now + BUSY_WAIT)
        return False
    day = next_day(pull, now)
    if day is None:
        _mine(pull).update(failures=0, error="", next_at=next_look(pull, now))
        return False
    try:
        _pull(pull, day, now)
    except NoEvents:
        _abandon(pull, day)
        PulledDay.objects.filter(pk=day.pk).update(state=PulledDay.State.EMPTY, pulled_at=now)
    except TooLarge:
        _abandon(pull, day)
        if not _halve(pull, day):
            raise
    except Exception:
        _abandon(pull, day)
        raise
    _mine(pull).update(failures=0, error="")
    return True


def _pull(pull: Pull, day: PulledDay, now: datetime) -> None:
    """Continue a day from its current state until its import is loading."""
    imp = _import_of(pull, day)
    if imp.state == Import.State.UPLOADING:
        _fetch(pull, day, imp)
        if not _mine(pull).exists():
            raise PullStopped
        imports.received(imp, sample=False)
        keep_examples(pull.connection, imp)
    if imp.state == Import.State.CHECKING:
        imports.start(imp, check_duplicates=True)
    # It's loading now, or was refused or cancelled, which the Imports page shows.
    PulledDay.objects.filter(pk=day.pk).update(state=PulledDay.State.IMPORTED, pulled_at=now)


def _import_of(pull: Pull, day: PulledDay) -> Import:
    if day.imported is not None and not _was_withdrawn(day.imported):
        return day.imported
    source = PULL_SOURCES[pull.connection.source]
    with transaction.atomic():
        imp = imports.begin(
            pull.connection.environment,
            file_name=_file_name(pull, day),
            size=0,
            user=None,
            source=Import.Source.PULL,
            connector=source.name,
            zone=pull.zone if source.zone_is_of_times else "",
        )
        storage.whole_upload(imp)
        if not PulledDay.objects.filter(pk=day.pk, imported=day.imported).update(imported=imp):
            raise PullStopped  # it was removed meanwhile
    day.imported = imp
    return imp


def _was_withdrawn(imp: Import) -> bool:
    """Whether Dojo cancelled it because its file named people to be erased. It's pulled again without them."""
    return imp.state == Import.State.CANCELLED and bool(imp.error)


def _file_name(pull: Pull, day: PulledDay) -> str:
    source = PULL_SOURCES[pull.connection.source]
    parts = [source.name, day.day.isoformat()]
    if pull.days.filter(day=day.day, again=day.again).count() > 1:
        parts.append(day.start.strftime("%HUTC"))
    return f"{'-'.join(parts)}.{source.ending}"


def _fetch(pull: Pull, day: PulledDay, imp: Import) -> None:
    source = PULL_SOURCES[pull.connection.source]
    address = source.host(pull.region) + source.address(pull, day)
    key, secret = opened(pull.key), opened(pull.connection.secret)
    with storage.filled(imp) as path:
        size = fetch(source, address, key, secret, path, _StopCheck(pull, imp))
    Upload.objects.filter(of=imp).update(length=size, offset=size)
    Import.objects.filter(pk=imp.pk).update(size=size)
    imp.refresh_from_db()


class _StopCheck:
    """Checks once per second, during the download, that there's room on the disk and that the pull wasn't stopped."""

    def __init__(self, pull: Pull, imp: Import) -> None:
        self._pull, self._imp, self._looked = pull, imp, time.monotonic()

    def __call__(self, more: int) -> None:
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        if storage.free_bytes() < more:
            raise PullFailed(PAUSED, _FIRST_WAIT)
        wanted = _mine(self._pull).filter(connection__is_paused=False)
        if not wanted.exists() or not Import.objects.filter(pk=self._imp.pk, state=Import.State.UPLOADING).exists():
            raise PullStopped


def _halve(pull: Pull, day: PulledDay) -> bool:
    """Split a day that is too large into halves. Returns False if that isn't possible."""
    hours = (day.end - day.start) // _HOUR
    if not PULL_SOURCES[pull.connection.source].by_hour or hours < 2:
        return False
    middle = day.start + hours // 2 * _HOUR
    with transaction.atomic():
        PulledDay.objects.filter(pk=day.pk).delete()
        for start, end in ((day.start, middle), (middle, day.end)):
            PulledDay.objects.create(pull=pull, day=day.day, start=start, end=end, again=day.again)
    return True


def _abandon(pull: Pull, day: PulledDay) -> None:
    """Remove an import with an incomplete file, unless another task has taken over."""
    waiting = Import.objects.filter(pulled_days=day, state=Import.State.UPLOADING)
    imp = waiting.first()
    if imp is not None and _mine(pull).exists():
        storage.remove_all(imp)
        imp.delete()
        day.imported = None
