"""The task of one export: write the file. Running it twice writes it once."""

from __future__ import annotations

import gzip
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import BinaryIO, cast

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from interactions.analytics.reports.cohorts import with_members
from interactions.analytics.reports.record_chunks import chunks
from interactions.codec.record_files import RecordFormat, writer
from interactions.disk import PAUSED, is_full
from interactions.errors import DiskFull, DojoError
from interactions.exports import storage
from interactions.exports.filters import restored
from interactions.exports.lifecycle import end, fail
from interactions.ingest.imports.heartbeat import beating
from interactions.ingest.imports.storage import free_bytes
from interactions.models import Export
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import hidden

logger = logging.getLogger(__name__)
State = Export.State

_TELL_SECONDS = 0.5  # between updates of its progress
_PACKING = 1  # gzip's level: a higher one would take longer than everything else
_CHANGED = "The data set kept changing while it was read. Export again."


class _Stopped(Exception):
    """The export was cancelled, removed, or taken by another task."""


def write(export: Export) -> None:
    """Write one export. Does nothing if it has ended or was taken by another task."""
    if not _claim(export):
        return
    mine = Export.objects.filter(pk=export.pk, claim=export.claim, state=State.WRITING)
    try:
        with beating(mine):
            _write(export, mine)
    except _Stopped:
        _leave(export)
    except FileNotFoundError:
        fail(export, _CHANGED)
    except Exception as error:
        if is_full(error):
            _pause(export, mine)
            return
        if isinstance(error, DojoError):
            fail(export, str(error))
            return
        reference = uuid.uuid4().hex[:8]
        logger.exception("Export %s could not be written [%s]", export.pk, reference)
        fail(export, f"Something went wrong (reference {reference}). Export again.")


def _pause(export: Export, mine: QuerySet[Export]) -> None:
    """Wait for disk space: the sweep retries once more is free than was written so far."""
    draft = storage.draft_path(export)
    size = draft.stat().st_size if draft.exists() else 0
    storage.remove(export)
    mine.update(state=State.WAITING, error=PAUSED, size=size, records=0, attempts=0, heartbeat_at=timezone.now())
    logger.warning("Export %s waits for disk space", export.pk)


def _claim(export: Export) -> bool:
    """Claim an export that is waiting or whose task has no heartbeat."""
    quiet = timezone.now() - timedelta(seconds=settings.IMPORT_STALE_SECONDS)
    waiting = Export.objects.filter(pk=export.pk, state=State.WAITING)
    lost = Export.objects.filter(pk=export.pk, state=State.WRITING, heartbeat_at__lt=quiet)
    now = timezone.now()
    taken = {"state": State.WRITING, "claim": uuid.uuid4().hex, "attempts": F("attempts") + 1, "records": 0, "size": 0}
    times = {"heartbeat_at": now, "started_at": now}
    if not (waiting.update(**taken, **times) or lost.update(**taken, **times)):
        return False
    storage.remove(export)  # files of a lost attempt
    export.refresh_from_db()
    return True


def _write(export: Export, mine: QuerySet[Export]) -> None:
    slug = export.environment.slug
    # In this order: people who aren't hidden any more are in no part of later versions.
    people = hidden(slug)
    files = storage.hold(export, [part for part in Lake(slug).parts() if part.rows])
    _tell(mine, 0, 0)  # checks that nobody was erased between those two
    draft = storage.draft_path(export)
    told = time.monotonic()
    records = 0
    with _opened(export) as sink:
        out = writer(RecordFormat(export.format), sink)
        for table in chunks(files, people, with_members(slug, restored(export.filter))):
            if free_bytes() < table.nbytes:
                raise DiskFull(PAUSED)
            out.add(table)
            records += table.num_rows
            if time.monotonic() - told > _TELL_SECONDS:
                _tell(mine, records, draft.stat().st_size)
                told = time.monotonic()
        out.close()
    _finish(export, mine, records)


def _finish(export: Export, mine: QuerySet[Export], records: int) -> None:
    size = storage.keep(export)
    expires = timezone.now() + timedelta(hours=settings.EXPORT_EXPIRES_HOURS)
    if not end(mine, state=State.DONE, records=records, size=size, expires_at=expires, error=""):
        raise _Stopped
    storage.let_go(export)


@contextmanager
def _opened(export: Export) -> Iterator[BinaryIO]:
    """The file to write to; text formats are gzipped."""
    with storage.draft_path(export).open("xb") as file:
        if export.format == Export.Format.PARQUET:
            yield file
        else:
            with gzip.GzipFile("", "wb", _PACKING, file, mtime=0) as packed:
                yield cast(BinaryIO, packed)


def _tell(mine: QuerySet[Export], records: int, size: int) -> None:
    """Update the progress. Raises _Stopped if this task doesn't hold the export any more."""
    if not mine.all().update(records=records, size=size, heartbeat_at=timezone.now()):
        raise _Stopped


def _leave(export: Export) -> None:
    """Remove the files of a stopped attempt, unless another task is writing the export."""
    export.refresh_from_db()
    if export.is_running:
        return
    if not export.is_done:
        storage.remove(export)
