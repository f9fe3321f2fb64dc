"""The task of one run: write its files. Running it twice writes the same files."""

from __future__ import annotations

import gzip
import logging
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, cast

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.analytics.filters import Filter
from interactions.analytics.reports.cohorts import with_members
from interactions.analytics.reports.record_chunks import chunks
from interactions.codec.record_files import RecordFormat, writer
from interactions.contract.columns import TABLE_SCHEMA
from interactions.disk import PAUSED, is_full
from interactions.errors import DiskFull, DojoError
from interactions.exports.filters import restored
from interactions.exports.schedule import target
from interactions.exports.schedule.reach import draft_folder
from interactions.ingest.imports.heartbeat import beating
from interactions.ingest.imports.storage import free_bytes
from interactions.models import ExportSchedule, ScheduledImport, ScheduledRun
from interactions.notifications import messages
from interactions.warehouse.lake import Lake, Part
from interactions.warehouse.people import hidden
from interactions.warehouse.steady import steady

logger = logging.getLogger(__name__)
State = ScheduledRun.State
LIVE: Final = 0
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_PACKING: Final = 1  # gzip's level
_TIME: Final = TABLE_SCHEMA.field("received_at").type


class _Stopped(Exception):
    """The run was taken by another task, the schedule was removed, or people were erased meanwhile."""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of a run: the records of an import, or live ones (LIVE) received in the run's span."""

    name: str
    import_id: int


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """Records and bytes of a file; 0 if it wasn't needed."""

    records: int
    size: int


def write(run: ScheduledRun) -> None:
    """Write one run. Does nothing if it's done or another task's."""
    if not _claim(run):
        return
    mine = ScheduledRun.objects.filter(pk=run.pk, claim=run.claim, state=State.WRITING)
    try:
        with beating(mine):
            _write(run, mine)
    except _Stopped:
        logger.info("Run %s of %s was stopped", run.pk, run.schedule.name)
    except Exception as error:  # noqa: BLE001 - any fault has to end the attempt with a sentence
        _fail(run, mine, error)
    finally:
        shutil.rmtree(draft_folder(run) / run.claim, ignore_errors=True)
        with suppress(OSError):  # another attempt's draft is in it
            draft_folder(run).rmdir()


def _claim(run: ScheduledRun) -> bool:
    now = timezone.now()
    quiet = now - timedelta(seconds=settings.IMPORT_STALE_SECONDS)
    free = (
        Q(state=State.WAITING)
        | Q(state=State.FAILED, next_at__lte=now)
        | Q(state=State.WRITING, heartbeat_at__lt=quiet)
    )
    rows = ScheduledRun.objects.filter(free, pk=run.pk, schedule__removed_at=None)
    taken = {"state": State.WRITING, "claim": uuid.uuid4().hex, "attempts": F("attempts") + 1, "error": ""}
    if not rows.update(**taken, records=0, size=0, files=0, started_at=now, heartbeat_at=now):
        return False
    run.refresh_from_db()
    return True


def files_of(run: ScheduledRun) -> list[ExportFile]:
    """The files of a run, by its plan."""
    schedule = run.schedule
    packed = "" if schedule.format == ExportSchedule.Format.PARQUET else ".gz"
    stem, end = f"interactions-{schedule.environment.slug}-{schedule.token}", f".{schedule.format}{packed}"
    files = [ExportFile(f"{stem}-import-{pk:08d}{end}", pk) for pk in run.imports.values_list("import_id", flat=True)]
    if run.live_from != run.live_until:
        since = _named(run.live_from) if run.live_from else "start"
        files.append(ExportFile(f"{stem}-live-{since}-{_named(run.live_until)}{end}", LIVE))
    return files


def _named(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"


def _write(run: ScheduledRun, mine: QuerySet[ScheduledRun]) -> None:
    wanted = with_members(run.schedule.environment.slug, restored(run.schedule.filter))
    for file in files_of(run):
        written = _write_file(run, mine, file, wanted)
        if file.import_id != LIVE:
            run.imports.filter(import_id=file.import_id).update(records=written.records)
        more = {"records": F("records") + written.records, "size": F("size") + written.size}
        _tell(mine, **more, files=F("files") + (1 if written.records else 0))
    _finish(run, mine)


def _write_file(run: ScheduledRun, mine: QuerySet[ScheduledRun], file: ExportFile, wanted: Filter) -> WrittenFile:
    draft = draft_folder(run) / run.claim / "records.draft"

    def look() -> int:
        """Again from the start if a part is removed while it's read."""
        draft.parent.mkdir(parents=True, exist_ok=True)
        # In this order: people who aren't hidden any more are in no part of later versions.
        people = hidden(run.schedule.environment.slug)
        parts = [part for part in Lake(run.schedule.environment.slug).parts() if _may_hold(part, file)]
        _tell(mine)  # nobody was erased between those two
        records = 0
        with _opened(run, draft) as sink, closing(writer(RecordFormat(run.schedule.format), sink)) as out:
            paths = (part.path for part in sorted(parts, key=lambda part: part.first))
            for table in chunks(paths, people, wanted, only=_only(run, file)):
                if free_bytes() < table.nbytes:
                    raise DiskFull(PAUSED)
                out.add(table)
                records += table.num_rows
                _tell(mine)
        return records

    records = steady(look)
    size = draft.stat().st_size
    _tell(mine)
    if records:
        target.put(run.schedule.target, file.name, draft)
    else:
        target.remove(run.schedule.target, file.name)  # an earlier attempt may have had some
    draft.unlink()
    return WrittenFile(records, size if records else 0)


def _may_hold(part: Part, file: ExportFile) -> bool:
    return bool(part.rows) and part.import_id in (None, file.import_id)


def _only(run: ScheduledRun, file: ExportFile) -> Callable[[pa.Table], pa.ChunkedArray]:
    """A mask of the rows that belong to a file."""

    def mask(table: pa.Table) -> pa.ChunkedArray:
        wanted = pc.equal(table["import_id"], file.import_id)
        if file.import_id == LIVE:
            received = table["received_at"].cast(_TIME)
            wanted = pc.and_(wanted, pc.less(received, pa.scalar(run.live_until, _TIME)))
            if run.live_from is not None:
                wanted = pc.and_(wanted, pc.greater_equal(received, pa.scalar(run.live_from, _TIME)))
        return wanted

    return mask


@contextmanager
def _opened(run: ScheduledRun, draft: Path) -> Iterator[BinaryIO]:
    """The draft to write to, from its start; JSON Lines are gzipped."""
    with draft.open("wb") as file:
        if run.schedule.format == ExportSchedule.Format.PARQUET:
            yield file
        else:
            with gzip.GzipFile("", "wb", _PACKING, file, mtime=0) as packed:
                yield cast(BinaryIO, packed)


def _tell(mine: QuerySet[ScheduledRun], **values: object) -> None:
    """Note progress. Raises _Stopped if this task doesn't hold the run any more."""
    if not mine.all().update(**values, heartbeat_at=timezone.now()):
        raise _Stopped


def _finish(run: ScheduledRun, mine: QuerySet[ScheduledRun]) -> None:
    """Record that everything is written; only now the next run begins where this one ends."""
    with transaction.atomic():
        if not mine.all().update(state=State.DONE, finished_at=timezone.now()):
            raise _Stopped
        ExportSchedule.objects.filter(pk=run.schedule_id).update(live_until=run.live_until)
        run.refresh_from_db()
        audit.note(
            Action.EXPORTED,
            environment=run.schedule.environment,
            object=f"export {run.schedule.name}",
            details={
                "step": "written by schedule",
                "target": target.place(run.schedule.target),
                "format": run.schedule.get_format_display(),
                "records": run.records,
                "files": run.files,
                "filtered by": run.schedule.narrowed_by or "nothing",
            },
        )


def _fail(run: ScheduledRun, mine: QuerySet[ScheduledRun], error: Exception) -> None:
    """End the attempt; the sweep tries again after a pause. Nothing is skipped: the run stays open with its plan."""
    if is_full(error):
        sentence = PAUSED
    elif isinstance(error, DojoError):
        sentence = str(error)
    elif isinstance(error, OSError):
        sentence = f"The files can't be written there: {error.strerror or type(error).__name__}."
    else:
        reference = uuid.uuid4().hex[:8]
        logger.exception("Run %s of %s failed [%s]", run.pk, run.schedule.name, reference)
        sentence = f"Something went wrong (reference {reference})."
    pause = PAUSES[min(run.attempts, len(PAUSES)) - 1]
    with transaction.atomic():
        if mine.update(state=State.FAILED, error=sentence, next_at=timezone.now() + pause):
            messages.export_failed(run)


__all__ = ["ExportFile", "ScheduledImport", "WrittenFile", "files_of", "write"]
