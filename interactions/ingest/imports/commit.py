"""The last task of an import: remove duplicates, make ONE commit, and record the result."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from django.db import transaction
from django.db.models import Max, Min, Sum
from django.utils import timezone

from dojo import memory
from interactions.access.audit import Action
from interactions.disk import is_full
from interactions.ingest.duplicates.files import Sifted, sift
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.ingest.imports import lifecycle, storage
from interactions.ingest.imports.audit import note
from interactions.ingest.imports.erased import leave_out_of
from interactions.ingest.imports.form import NO_RECORDS
from interactions.ingest.imports.heartbeat import beating
from interactions.ingest.imports.load import finish_if_last
from interactions.ingest.imports.queue import enqueue
from interactions.ingest.imports.rejects import collect
from interactions.ingest.imports.table_rows import as_rows, note_rows
from interactions.models import Block, Import
from interactions.privacy import refused
from interactions.warehouse.lake import Held, Lake, LakeBusy, Part
from interactions.warehouse.log import LakeUnreadable
from interactions.warehouse.overlaps import Overlaps
from interactions.warehouse.own_parts import OwnParts
from interactions.warehouse.steady import steady

logger = logging.getLogger(__name__)


def finish(imp: Import) -> None:
    """Commit an import once all blocks are read. A repeated task finds the commit and only counts."""
    finish_if_last(imp)  # the task of the last block may have died before doing so
    imp.refresh_from_db()
    if imp.state != Import.State.LOADING or imp.phase != Import.Phase.COMMITTING:
        return
    if _mend(imp):
        return
    lake = Lake(imp.environment.slug)
    try:
        with memory.sparing(), beating(Import.objects.filter(pk=imp.pk)), lake.lock() as held:
            _commit(imp, lake, held)
    except LakeBusy as reason:  # Redis was down: the sweep retries
        logger.warning("Import %s waits to be committed: %s", imp.pk, reason)
    except Exception as error:  # noqa: BLE001 - any fault has to end the import with a sentence
        _failed(imp, lake, error)
    imp.refresh_from_db()
    if imp.is_done or imp.brought_nothing:
        storage.tidy(imp)


def _failed(imp: Import, lake: Lake, error: Exception) -> None:
    """Fail the import with a sentence, unless its records are in the table: a retry then only records the result."""
    if is_full(error):
        if not _is_committed(imp, lake):
            lifecycle.pause(imp, phase=Import.Phase.COMMITTING)
        return
    reference = uuid.uuid4().hex[:8]
    logger.exception("Import %s could not be committed [%s]", imp.pk, reference)
    if _is_committed(imp, lake):
        return
    sentence = f"The records couldn't be added to the data set (reference {reference}). Press Retry."
    lifecycle.fail(imp, sentence, phase=Import.Phase.COMMITTING)


def _is_committed(imp: Import, lake: Lake) -> bool:
    try:
        return lake.has_mark(_mark(imp))
    except Exception:  # the table can't be read at all: see the log
        logger.exception("The table of %s cannot be read", lake.environment)
        return False


def _mark(imp: Import) -> str:
    return f"import:{imp.pk}"


def _mend(imp: Import) -> bool:
    """If a block didn't end between two records, read from its start to the end of the file as one block.

    All cuts before that block are proven right (see ``codec.split.seams``); what was read after it may be wrong.
    """
    with transaction.atomic():
        first = imp.blocks.filter(state=Block.State.UNSOUND).order_by("number").first()
        if first is None:
            return False
        ready = Import.objects.filter(pk=imp.pk, state=Import.State.LOADING, phase=Import.Phase.COMMITTING)
        if not ready.update(phase=Import.Phase.BLOCKS, heartbeat_at=timezone.now()):
            return True  # another task did it already
        end = imp.blocks.aggregate(end=Max("end"))["end"]
        imp.blocks.filter(number__gt=first.number).delete()
        imp.blocks.filter(pk=first.pk).update(
            end=end, state=Block.State.WAITING, attempts=0, bytes_done=0, records=0, accepted=0, rejected=0, skipped=0
        )
        enqueue("load_block", first.pk)
    logger.info("Import %s is read anew from block %s on", imp.pk, first.number)
    return True


def _commit(imp: Import, lake: Lake, held: Held) -> None:
    imp.refresh_from_db()
    if imp.state != Import.State.LOADING or imp.phase != Import.Phase.COMMITTING:
        return  # cancelled, or taken by another task, while this one waited for the lock
    # People erased earlier were left out when the blocks were read; later erasures wait for the lock held here.
    leave_out_of(imp, refused(imp.environment_id, since=imp.started_at))
    blocks = list(imp.blocks.order_by("number"))
    rows = sum(block.accepted for block in blocks)
    collect(imp, blocks, as_rows if imp.mapping else None)
    if imp.mapping:
        note_rows(imp, blocks)
    if lake.has_mark(_mark(imp)):  # committed by a task that died right after
        added, version = lake.rows_of(imp.pk), lake.version()
    else:
        with_rows = [block for block in blocks if block.part_size and block.first_timestamp and block.last_timestamp]
        with _local(imp, with_rows) as paths:
            sifted = _sift(imp, lake, list(map(_part, paths, with_rows)))
            added = rows - sifted.duplicates
            held.require()  # or another import may have added the same records since they were compared
            parts, mark = sifted.parts, _mark(imp)
            version = lake.append(parts, mark=mark, import_id=imp.pk) if parts else lake.version()
    _end(imp, version, duplicates=rows - added)
    with suppress(OSError, LakeUnreadable):  # the next lookup of duplicates will do it
        FingerprintIndex(lake.environment).refresh(*lake.state())


def _local(imp: Import, blocks: Sequence[Block]) -> AbstractContextManager[list[Path]]:
    """The parts of blocks on this machine, in order; only those that it didn't make are downloaded."""
    places = [storage.part_path(block) for block in blocks]
    sizes = {place.name: block.part_size for place, block in zip(places, blocks, strict=True)}
    own = OwnParts(imp.environment.slug, imp.pk)
    return storage.local(places, lambda path: own.take(sizes[path.name], path))


def _part(path: Path, block: Block) -> Part:
    assert block.first_timestamp is not None  # noqa: S101 - it has rows
    assert block.last_timestamp is not None  # noqa: S101
    return Part(path, block.part_size, block.accepted, block.first_timestamp, block.last_timestamp)


def _sift(imp: Import, lake: Lake, parts: list[Part]) -> Sifted:
    if not imp.check_duplicates or not parts:
        return Sifted(parts, 0)

    def look() -> Sifted:
        version, theirs = lake.state()
        there = FingerprintIndex(lake.environment).refresh(version, theirs)
        with Overlaps(lake.environment).of_import(imp.pk) as note:
            return sift(parts, theirs, there, note=note)

    return steady(look)  # an erasure may remove this node's copy of a part


def _end(imp: Import, version: int, *, duplicates: int) -> None:
    """Record the result; a file without any accepted record has failed.

    If it was cancelled at the last moment, its removal from the table is already queued.
    """
    sums = imp.blocks.aggregate(
        records=Sum("records", default=0),
        accepted=Sum("accepted", default=0),
        rejected=Sum("rejected", default=0),
        skipped=Sum("skipped", default=0),
        first_timestamp=Min("first_timestamp"),
        last_timestamp=Max("last_timestamp"),
    )
    sums["accepted"] -= duplicates
    error = "" if sums["accepted"] or duplicates else _nothing(sums["records"], sums["skipped"])
    done = Import.State.DONE_WITH_REJECTS if sums["rejected"] else Import.State.DONE
    with transaction.atomic():
        ended = Import.objects.filter(pk=imp.pk, state=Import.State.LOADING).update(
            state=Import.State.FAILED if error else done,
            phase=Import.Phase.WAITING,
            error=error,
            duplicates=duplicates,
            table_version=None if error else version,
            finished_at=timezone.now(),
            **sums,
        )
        if ended:
            counts = {"accepted": sums["accepted"], "rejected": sums["rejected"], "already_there": duplicates}
            note(Action.IMPORT_FAILED if error else Action.IMPORT_DONE, imp, **counts)
    imp.refresh_from_db()


def _nothing(records: int, skipped: int) -> str:
    if not records:
        return NO_RECORDS
    if skipped == records:
        return "None of the file's events is an interaction: all were skipped."
    if skipped:
        return f"{skipped:,} of the file's events were skipped, and all of the rest were rejected."
    return "The only record was rejected." if records == 1 else f"All {records:,} records were rejected."
