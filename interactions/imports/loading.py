"""The task of one block: read its bytes, check them, write a Parquet part. Run twice, it counts once."""

from __future__ import annotations

import errno
import gc
import logging
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from interactions.codec.keyring import Keyring
from interactions.codec.parts import PartWriter
from interactions.codec.reader import Batch, Reader
from interactions.codec.table import Origin
from interactions.codec.windows import Format, Run, Unsound
from interactions.imports import lifecycle, storage
from interactions.imports.planning import DISK_FULL, Stopped, leave
from interactions.imports.queue import enqueue
from interactions.imports.rejects import Rejects
from interactions.models import Block, Import, Problem

logger = logging.getLogger(__name__)

STALE_SECONDS = 15  # without a sign of life for so long, a running block is taken for lost
_BEAT_SECONDS = 0.5
_ATTEMPTS = 3


def load(block: Block) -> None:
    """Carry one block. Where it is done, cancelled or in other hands already, nothing happens."""
    if not _claim(block):
        return
    try:
        counted = _read(block)
    except Stopped:
        leave(block.of)
    except Unsound:
        _set(block, state=Block.State.UNSOUND)
        finish_if_last(block.of)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            _failed(block, error)
        else:
            lifecycle.fail(block.of, DISK_FULL)
    except Exception as error:  # noqa: BLE001 - whatever it is, the import has to end with a word
        _failed(block, error)
    else:
        _done(block, *counted)


def finish_if_last(imp: Import) -> None:
    """Once no block is left to read, hand the import to the task that commits it; exactly one caller does."""
    with transaction.atomic():
        left = imp.blocks.filter(state__in=[Block.State.WAITING, Block.State.RUNNING])
        ready = Import.objects.filter(pk=imp.pk, state=Import.State.LOADING, phase=Import.Phase.BLOCKS)
        if not left.exists() and ready.update(phase=Import.Phase.COMMITTING, heartbeat_at=timezone.now()):
            enqueue("finish_import", imp.pk)


def _claim(block: Block) -> bool:
    open_blocks = Block.objects.filter(
        pk=block.pk, state=Block.State.WAITING, of__state=Import.State.LOADING, of__phase=Import.Phase.BLOCKS
    )
    claimed = open_blocks.update(
        state=Block.State.RUNNING,
        attempts=F("attempts") + 1,
        heartbeat_at=timezone.now(),
        bytes_done=0,
        records=0,
        accepted=0,
        rejected=0,
    )
    if claimed:
        block.refresh_from_db()
    return bool(claimed)


def _set(block: Block, **values: object) -> None:
    """Write to the row, if it is still this attempt's and the import still runs. Raises Stopped otherwise."""
    mine = Block.objects.filter(
        pk=block.pk, state=Block.State.RUNNING, attempts=block.attempts, of__state=Import.State.LOADING
    )
    if not mine.update(heartbeat_at=timezone.now(), **values):
        raise Stopped


@dataclass(slots=True)
class _Counts:
    """What was read of a block so far, in the words of its row."""

    bytes_done: int = 0
    records: int = 0
    accepted: int = 0
    rejected: int = 0
    untimed: int = 0

    def add(self, batch: Batch) -> None:
        self.bytes_done += batch.size
        self.records += batch.records
        self.accepted += batch.accepted
        self.rejected += len(batch.rejected)
        self.untimed += batch.untimed


def _read(block: Block) -> tuple[_Counts, Rejects, PartWriter]:
    imp = block.of
    path = storage.text_path(imp)
    origin = Origin(imp.pk, received_at(imp))
    reader = Reader(origin, Keyring(settings.SECRET_KEY.encode()), longest=settings.IMPORT_RECORD_BYTES)
    run = Run(block.start, block.end, path.stat().st_size, Format(imp.format))
    counts = _Counts()
    beat = time.monotonic()
    part = PartWriter(storage.part_path(block), draft=uuid.uuid4().hex)
    collecting = gc.isenabled()
    gc.disable()  # the records hold no cycles; the collector would walk them for nothing
    try:
        with path.open("rb") as file, part, Rejects(storage.rejects_path(block)) as rejects:
            for batch in reader.read(file, run):
                for table in batch.tables:
                    part.add(table)
                for rejected in batch.rejected:
                    rejects.add(rejected)
                counts.add(batch)
                if time.monotonic() - beat > _BEAT_SECONDS:
                    _set(block, **asdict(counts))
                    beat = time.monotonic()
    finally:
        if collecting:
            gc.enable()
    return counts, rejects, part


def received_at(imp: Import) -> datetime:
    """One moment for all of an import, so that a block that is read again gives the same rows."""
    return imp.created_at


def _done(block: Block, counts: _Counts, rejects: Rejects, part: PartWriter) -> None:
    try:
        with transaction.atomic():
            _set(
                block,
                state=Block.State.DONE,
                part_size=part.written.size,
                first_timestamp=part.written.first,
                last_timestamp=part.written.last,
                **asdict(counts),
            )
            Problem.objects.filter(block=block).delete()
            Problem.objects.bulk_create(rejects.problems(block))
    except Stopped:
        leave(block.of)
        return
    finish_if_last(block.of)


def _failed(block: Block, error: Exception) -> None:
    """Try again some times; then the import fails with a reference that the log has as well."""
    reference = uuid.uuid4().hex[:8]
    logger.exception("Block %s of import %s, attempt %s [%s]", block.number, block.of_id, block.attempts, reference)
    mine = Block.objects.filter(pk=block.pk, state=Block.State.RUNNING, attempts=block.attempts)
    if not mine.update(state=Block.State.WAITING):
        return
    if block.attempts < _ATTEMPTS:
        enqueue("load_block", block.pk)
    else:
        lifecycle.fail(
            block.of, f"Something unexpected went wrong (reference {reference}). What was read is kept: press Retry."
        )
