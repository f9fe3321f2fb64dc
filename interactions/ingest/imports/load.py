"""The task of one block: read and check its records, and write a Parquet part. Running it twice has the same result."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from dojo import memory
from interactions import identity
from interactions.codec.origin import Origin
from interactions.codec.reader import Batch, Reader
from interactions.codec.source import shape_of
from interactions.codec.split.windows import ByteRange, Format, Open, Unsound
from interactions.disk import PAUSED, is_full
from interactions.errors import DiskFull
from interactions.ingest.imports import lifecycle, storage
from interactions.ingest.imports.erased import leave_out
from interactions.ingest.imports.events import NameCounts, events_of, note_names
from interactions.ingest.imports.heartbeat import beating
from interactions.ingest.imports.plan import Stopped, leave
from interactions.ingest.imports.queue import enqueue
from interactions.ingest.imports.rejects import Named, Rejects
from interactions.models import Block, Import, Problem
from interactions.privacy import refused
from interactions.warehouse.own_parts import OwnParts
from interactions.warehouse.parts import PartWriter

logger = logging.getLogger(__name__)

_TELL_SECONDS = 0.5  # between updates of a block's progress
_ATTEMPTS = 3
_LOSSES = 5  # attempts after which a block is given up if its workers keep dying: it may be the cause


def load(block: Block) -> None:
    """Load one block. Does nothing if it's done, cancelled or taken by another task."""
    if not _claim(block):
        return
    try:
        with beating(_mine(block)):
            _carry(block)
    except Stopped:
        _withdraw(block)
        leave(block.of)
        return
    except Exception as error:  # noqa: BLE001 - any fault has to end the import with a sentence
        _withdraw(block)
        _failed(block, error)
        return
    finish_if_last(block.of)


def free(block: Block) -> None:
    """Requeue a block whose task has no heartbeat any more."""
    freed = _mine(block).filter(heartbeat_at=block.heartbeat_at).update(state=Block.State.WAITING)
    if not freed:
        return
    logger.warning("Block %s of import %s was lost, attempt %s", block.number, block.of_id, block.attempts)
    if block.attempts < _LOSSES:
        enqueue("load_block", block.pk)
    else:
        sentence = "The worker died each time it read one part of the file. What was read is kept: press Retry."
        lifecycle.fail(block.of, sentence, phase=Import.Phase.BLOCKS)


def finish_if_last(imp: Import) -> None:
    """Once all blocks are read, queue the commit; exactly one caller does."""
    with transaction.atomic():
        left = imp.blocks.filter(state__in=[Block.State.WAITING, Block.State.RUNNING])
        ready = Import.objects.filter(pk=imp.pk, state=Import.State.LOADING, phase=Import.Phase.BLOCKS)
        if not left.exists() and ready.update(phase=Import.Phase.COMMITTING, heartbeat_at=timezone.now()):
            enqueue("finish_import", imp.pk)


def _claim(block: Block) -> bool:
    """Claim a waiting block. An earlier task that may still be running loses it."""
    claim = uuid.uuid4().hex
    open_blocks = Block.objects.filter(
        pk=block.pk, state=Block.State.WAITING, of__state=Import.State.LOADING, of__phase=Import.Phase.BLOCKS
    )
    claimed = open_blocks.update(
        state=Block.State.RUNNING,
        attempts=F("attempts") + 1,
        claim=claim,
        heartbeat_at=timezone.now(),
        bytes_done=0,
        records=0,
        accepted=0,
        rejected=0,
        skipped=0,
    )
    if claimed:
        block.refresh_from_db()
        block.claim = claim
    return bool(claimed)


def _mine(block: Block) -> QuerySet[Block]:
    """The block's row, as long as this attempt holds it and the import is loading; else no row."""
    return Block.objects.filter(
        pk=block.pk, state=Block.State.RUNNING, claim=block.claim, of__state=Import.State.LOADING
    )


def _set(block: Block, **values: object) -> None:
    """Update the row. Raises Stopped if this attempt doesn't hold it any more."""
    if not _mine(block).update(heartbeat_at=timezone.now(), **values):
        raise Stopped


def _withdraw(block: Block) -> None:
    """Remove the files of an attempt that didn't finish."""
    storage.part_path(block).unlink(missing_ok=True)
    storage.rejects_path(block).unlink(missing_ok=True)


def _carry(block: Block) -> None:
    try:
        read = _read(block)
    except Unsound:
        _withdraw(block)
        _set(block, state=Block.State.UNSOUND)
    else:
        _done(block, read)


@dataclass(slots=True)
class _Counts:
    """What was read of a block so far, by the names of its fields."""

    bytes_done: int = 0
    records: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    untimed: int = 0

    def add(self, batch: Batch, left_out: int, skipped: int) -> None:
        self.bytes_done += batch.size
        self.records += batch.records + skipped
        self.skipped += skipped
        self.accepted += batch.accepted - left_out
        self.rejected += len(batch.rejected) + left_out
        self.untimed += batch.untimed


@dataclass(frozen=True, slots=True)
class _Read:
    """What a block came to; ``names`` and ``ignored`` count events and fields by name."""

    counts: _Counts
    rejects: Rejects
    part: PartWriter
    names: NameCounts
    ignored: Counter[str]


def _read(block: Block) -> _Read:
    imp = block.of
    text = storage.text_path(imp)
    origin = Origin(imp.pk, received_at(imp))
    keyring = identity.keyring()
    ignores = imp.ignore_unknown_fields
    reader = Reader(origin, keyring, longest=settings.IMPORT_RECORD_BYTES, ignores_unknown=ignores)
    own = OwnParts(imp.environment.slug, imp.pk)  # before it's looked up who is left out
    people = Named(refused(imp.environment_id), received_at(imp), keyring)
    counts = _Counts()
    names = NameCounts()
    told = time.monotonic()
    _require_room()
    with (
        memory.uncollected(),
        storage.opened(text, block.end) as file,
        storage.made_anew(storage.part_path(block), own.keep) as part_path,
        storage.made_anew(storage.rejects_path(block)) as rejects_path,
        PartWriter(part_path) as part,
        Rejects(rejects_path, people) as rejects,
    ):
        size = storage.size_of(text)
        run = ByteRange(block.start, block.end, size, _inside(imp, file))
        for batch, skipped in _batches(imp, reader, file, run, names):
            left_out = leave_out(batch, counts.records, people.tombstones, rejects)
            for table in batch.tables:
                part.add(table)
            for rejected in batch.rejected:
                rejects.add(rejected)
            counts.add(batch, left_out, skipped)
            if time.monotonic() - told > _TELL_SECONDS:
                _set(block, **asdict(counts))
                _require_room()
                told = time.monotonic()
    return _Read(counts, rejects, part, names, reader.ignored)


def _inside(imp: Import, file: BinaryIO) -> Open:
    """What is open where the file's first record begins. Nothing is in a file of lines, so that isn't looked up."""
    return () if imp.format == Format.LINES else shape_of(file, of_any=bool(imp.connector)).inside


def _batches(
    imp: Import, reader: Reader, file: BinaryIO, run: ByteRange, names: NameCounts
) -> Iterator[tuple[Batch, int]]:
    """The batches of a run, and how many events of each were skipped; Dojo's own format has none."""
    if imp.connector:
        yield from events_of(imp, reader, file, run, names)
    else:
        for batch in reader.read(file, run):
            yield batch, 0


def _require_room() -> None:
    """Stop before the disk is completely full: the database still has to record the result."""
    if storage.free_bytes() == 0:
        raise DiskFull(PAUSED)


def received_at(imp: Import) -> datetime:
    """The same time for all records of an import, so that reading a block again gives the same rows."""
    return imp.created_at


def _done(block: Block, read: _Read) -> None:
    written = read.part.written
    with transaction.atomic():
        _set(
            block,
            state=Block.State.DONE,
            part_size=written.size,
            first_timestamp=written.first,
            last_timestamp=written.last,
            ignored_fields=dict(read.ignored),
            **asdict(read.counts),
        )
        Problem.objects.filter(block=block).delete()
        Problem.objects.bulk_create(read.rejects.problems(block))
        note_names(block, read.names)


def _failed(block: Block, error: Exception) -> None:
    """Wait for space if the disk is full. Else retry a few times, then fail the import with a reference to the log."""
    full = is_full(error)
    # Waiting for space isn't a failed attempt.
    if not _mine(block).update(state=Block.State.WAITING, attempts=0 if full else F("attempts")):
        leave(block.of)  # it may have failed because the files were removed
    elif full:
        lifecycle.pause(block.of, phase=Import.Phase.BLOCKS)
    else:
        reference = uuid.uuid4().hex[:8]
        logger.exception("Block %s of import %s, attempt %s [%s]", block.number, block.of_id, block.attempts, reference)
        if block.attempts < _ATTEMPTS:
            enqueue("load_block", block.pk)
        else:
            sentence = f"Something went wrong (reference {reference}). What was read is kept: press Retry."
            lifecycle.fail(block.of, sentence, phase=Import.Phase.BLOCKS)
