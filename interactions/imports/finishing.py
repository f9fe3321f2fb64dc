"""The last task of an import: leave out duplicates, make ONE commit, say what came of it. And its undoing."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Max, Min, Sum
from django.utils import timezone

from interactions.imports import lifecycle, storage
from interactions.imports.duplicates import Sifted, sift
from interactions.imports.loading import finish_if_last
from interactions.imports.queue import enqueue
from interactions.imports.rejects import collect
from interactions.lake import Lake, Part
from interactions.models import Block, Import, Problem

logger = logging.getLogger(__name__)

_BEAT_SECONDS = 3.0


def finish(imp: Import) -> None:
    """Commit an import whose blocks are all read. A repeat finds the commit there and only counts."""
    finish_if_last(imp)  # the task that read the last block may have died before it could
    imp.refresh_from_db()
    if imp.state != Import.State.LOADING or imp.phase != Import.Phase.COMMITTING:
        return
    if _mend(imp):
        return
    try:
        with _beating(imp), Lake(imp.environment.slug).lock():
            _commit(imp, Lake(imp.environment.slug))
    except Exception:  # whatever it is, the import has to end with a word
        reference = uuid.uuid4().hex[:8]
        logger.exception("Import %s could not be committed [%s]", imp.pk, reference)
        lifecycle.fail(
            imp,
            f"The records could not be added to the data set (reference {reference}). Nothing was added: press Retry.",
        )
        return
    if imp.is_done:
        storage.remove_upload(imp)
        storage.remove_parts(imp)


def _mend(imp: Import) -> bool:
    """Where a block did not end between two records, read from its start to the end of the file in one go.

    Up to that block all cuts are proved right (see ``codec.structure``); what was read after it may be nonsense.
    """
    with transaction.atomic():
        first = imp.blocks.filter(state=Block.State.UNSOUND).order_by("number").first()
        if first is None:
            return False
        last = imp.blocks.order_by("number").last()
        assert last is not None
        Problem.objects.filter(block__of=imp, block__number__gte=first.number).delete()
        imp.blocks.filter(number__gt=first.number).delete()
        imp.blocks.filter(pk=first.pk).update(
            end=last.end, state=Block.State.WAITING, attempts=0, bytes_done=0, records=0, accepted=0, rejected=0
        )
        Import.objects.filter(pk=imp.pk, state=Import.State.LOADING).update(
            phase=Import.Phase.BLOCKS, heartbeat_at=timezone.now()
        )
        enqueue("load_block", first.pk)
    logger.info("Import %s is read anew from block %s on", imp.pk, first.number)
    return True


def _commit(imp: Import, lake: Lake) -> None:
    imp.refresh_from_db()
    if imp.state != Import.State.LOADING:
        return
    blocks = list(imp.blocks.order_by("number"))
    mark = f"import:{imp.pk}"
    rows = sum(block.accepted for block in blocks)
    collect(imp, blocks)
    if lake.has_mark(mark):  # committed by a task that died before it could say so
        added = lake.rows_of(imp.pk)
    else:
        sifted = _sift(imp, lake, blocks)
        added = rows - sifted.duplicates
        if sifted.parts:
            lake.append(sifted.parts, mark=mark, import_id=imp.pk)
    if not _end(imp, lake.version(), duplicates=rows - added):
        lake.remove_import(imp.pk)  # cancelled in the last moment


def _sift(imp: Import, lake: Lake, blocks: list[Block]) -> Sifted:
    parts = [
        Part(storage.part_path(block), block.part_size, block.accepted, block.first_timestamp, block.last_timestamp)
        for block in blocks
        if block.part_size and block.first_timestamp and block.last_timestamp
    ]
    if not imp.check_duplicates or not parts:
        return Sifted(parts, 0)
    return sift(parts, lake.parts(), untimed=any(block.untimed for block in blocks))


def _end(imp: Import, version: int, *, duplicates: int) -> bool:
    sums = imp.blocks.aggregate(
        records=Sum("records", default=0),
        accepted=Sum("accepted", default=0),
        rejected=Sum("rejected", default=0),
        first_timestamp=Min("first_timestamp"),
        last_timestamp=Max("last_timestamp"),
    )
    sums["accepted"] -= duplicates
    state = Import.State.DONE_WITH_REJECTS if sums["rejected"] else Import.State.DONE
    ended = Import.objects.filter(pk=imp.pk, state=Import.State.LOADING).update(
        state=state,
        phase=Import.Phase.WAITING,
        duplicates=duplicates,
        table_version=version,
        finished_at=timezone.now(),
        **sums,
    )
    imp.refresh_from_db()
    return bool(ended)


def undo(imp: Import) -> None:
    """Remove exactly the records of the import from the data set. A repeat finds none and only says so."""
    if imp.phase != Import.Phase.UNDOING:
        return
    lake = Lake(imp.environment.slug)
    with _beating(imp), lake.lock():
        removed, version = lake.remove_import(imp.pk)
    storage.remove_all(imp)
    Import.objects.filter(pk=imp.pk, phase=Import.Phase.UNDOING).update(
        state=Import.State.UNDONE, phase=Import.Phase.WAITING, undone_at=timezone.now(), table_version=version
    )
    logger.info("Import %s undone: %s records removed", imp.pk, removed)


def discard(imp: Import) -> None:
    """Leave nothing of a cancelled import, even where its commit was under way."""
    if imp.state != Import.State.CANCELLED:
        return
    lake = Lake(imp.environment.slug)
    if imp.phase == Import.Phase.COMMITTING:
        with lake.lock():
            lake.remove_import(imp.pk)
    storage.remove_all(imp)
    Import.objects.filter(pk=imp.pk).update(phase=Import.Phase.WAITING)


@contextmanager
def _beating(imp: Import) -> Iterator[None]:
    """Give signs of life while something runs that may take long."""
    ended = threading.Event()

    def beat() -> None:
        from django.db import connection

        while not ended.wait(_BEAT_SECONDS):
            Import.objects.filter(pk=imp.pk).update(heartbeat_at=timezone.now())
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    Import.objects.filter(pk=imp.pk).update(heartbeat_at=timezone.now())
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
