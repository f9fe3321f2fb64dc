"""The states of an import and the steps between them. Each step is a short transaction that takes effect once."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone

from interactions.access.audit import Action
from interactions.disk import PAUSED
from interactions.errors import FileRefused, ImportStateError
from interactions.ingest.connections.types import kept_types
from interactions.ingest.imports import storage
from interactions.ingest.imports.audit import note
from interactions.ingest.imports.form import TABLES, form_of
from interactions.ingest.imports.queue import enqueue
from interactions.models import Block, Environment, Import, Problem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

SAMPLE_RECORDS = 50_000
SAMPLE_NAME = "Sample data"


def begin(
    environment: Environment,
    *,
    file_name: str,
    size: int,
    user: User | None,
    source: str = Import.Source.BROWSER,
    check_duplicates: bool = True,
    connector: str = "",
    zone: str = "",
) -> Import:
    """Create an import for a file of ``size`` bytes that hasn't arrived yet.

    ``connector`` names the source of its events if it's known; ``zone`` is that of times without an offset.
    """
    return Import.objects.create(
        environment=environment,
        created_by=user,
        source=source,
        file_name=file_name[-255:],
        size=size,
        check_duplicates=check_duplicates,
        connector=connector,
        zone=zone,
    )


def received(imp: Import, *, sample: bool = True) -> None:
    """The file is complete: inspect it. Afterwards the import can be started, or was refused with a sentence.

    Without ``sample``, no records are read: problems show at the end of the import.
    """
    try:
        form = form_of(storage.upload_path(imp), connector=imp.connector)
        imp.connector, compression = form.connector, form.layers
        if sample:
            from interactions.ingest.imports.inspection import inspect

            compression = inspect(imp).compression
    except FileRefused as refusal:
        _look_for_table(imp, refusal)
        return
    except Exception:
        reference = uuid.uuid4().hex[:8]
        logger.exception("The file of import %s could not be looked at [%s]", imp.pk, reference)
        error = f"This file couldn't be read (reference {reference}). Drop it again."
        _refuse(imp, error)
        return
    _step(
        imp,
        Import.State.UPLOADING,
        Import.State.CHECKING,
        format=form.shape.format,
        compression=compression,
        connector=form.connector,
    )


def _look_for_table(imp: Import, refusal: FileRefused) -> None:
    """Accept a file that isn't JSON of interactions as a table to be mapped, or else refuse it."""
    from interactions.ingest.imports import tables

    try:
        kind = tables.kind_of(imp, refusal)
    except FileRefused as error:
        if _refuse(imp, str(error)):
            storage.remove_all(imp)
    else:
        _step(imp, Import.State.UPLOADING, Import.State.CHECKING, format=kind)


def _refuse(imp: Import, error: str) -> bool:
    with transaction.atomic():
        refused = _step(imp, Import.State.UPLOADING, Import.State.FAILED, error=error, finished_at=timezone.now())
        if refused:
            note(Action.IMPORT_FAILED, imp)
    return refused


def start(
    imp: Import,
    *,
    check_duplicates: bool,
    zone: str = "",
    mapping: str = "",
    ignore_unknown_fields: bool = False,
) -> None:
    """Start loading. A second call, from a double click or another tab, does nothing.

    ``zone`` is that of times without an offset. ``mapping`` is the mapping of a table's columns, as JSON (see
    ``tables``). Raises ImportStateError for an unknown zone, or a table without a mapping. ``ignore_unknown_fields``
    only affects files in Dojo's own form.
    """
    now = timezone.now()
    if zone and zone not in available_timezones():
        raise ImportStateError(f"There is no time zone called {zone[:64]}.")
    if not mapping and imp.format in TABLES:
        raise ImportStateError("Map the columns of the table first.")
    with transaction.atomic():
        if _step(
            imp,
            Import.State.CHECKING,
            Import.State.LOADING,
            check_duplicates=check_duplicates,
            zone=zone or imp.zone,
            mapping=mapping,
            ignore_unknown_fields=ignore_unknown_fields and not mapping and not imp.connector,
            connector="" if mapping else imp.connector,
            event_types={} if mapping or not imp.connector else kept_types(imp.environment_id, imp.connector),
            started_at=now,
            heartbeat_at=now,
        ):
            note(Action.IMPORT_STARTED, imp)
            enqueue("plan_import", imp.pk)


def create_sample(environment: Environment, user: User | None) -> Import:
    """Import synthetic interactions by the same steps; a worker makes the file."""
    imp = begin(environment, file_name=SAMPLE_NAME, size=0, user=user, source=Import.Source.SAMPLE)
    now = timezone.now()
    with transaction.atomic():
        _step(imp, Import.State.UPLOADING, Import.State.LOADING, started_at=now, heartbeat_at=now)
        note(Action.IMPORT_STARTED, imp)
        enqueue("plan_import", imp.pk)
    return imp


def cancel(imp: Import) -> None:
    """Cancel an import that hasn't ended; nothing is left behind. Raises ImportStateError if it has."""
    with transaction.atomic():
        running = Import.objects.filter(
            pk=imp.pk, state__in=[Import.State.UPLOADING, Import.State.CHECKING, Import.State.LOADING]
        )
        if not running.update(state=Import.State.CANCELLED, finished_at=timezone.now()):
            imp.refresh_from_db()
            raise ImportStateError(f"It's too late to cancel this import: it's {imp.get_state_display().lower()}.")
        Problem.objects.filter(block__of=imp).delete()
        Block.objects.filter(of=imp).delete()  # a task reading a block finds its row gone and stops
        note(Action.IMPORT_CANCELLED, imp)
        enqueue("discard_import", imp.pk)
    imp.refresh_from_db()


def withdraw(imp: Import, sentence: str) -> bool:
    """Cancel an import that isn't loading, remove its files and tell the user why; returns whether it did.

    A failed import can't be retried afterwards.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = Import.objects.filter(pk=imp.pk)
        waiting = rows.filter(state__in=[Import.State.UPLOADING, Import.State.CHECKING])
        ended = waiting.update(state=Import.State.CANCELLED, error=sentence, finished_at=now)
        ended = ended or rows.filter(state=Import.State.FAILED).update(error=sentence)
        if ended:
            Problem.objects.filter(block__of=imp).delete()
            Block.objects.filter(of=imp).delete()
    if ended:
        storage.remove_all(imp)
    imp.refresh_from_db()
    return bool(ended)


def retry(imp: Import) -> None:
    """Resume a failed import where it stopped. Raises ImportStateError if it can't be resumed."""
    if imp.state == Import.State.FAILED and not storage.has_file(imp):
        raise ImportStateError("The file of this import was refused and removed. Choose the file again.")
    with transaction.atomic():
        phase = Import.Phase.BLOCKS if imp.blocks.exists() else Import.Phase.WAITING
        now = timezone.now()
        if not _step(
            imp,
            Import.State.FAILED,
            Import.State.LOADING,
            phase=phase,
            error="",
            started_at=imp.started_at or now,
            finished_at=None,
            heartbeat_at=now,
        ):
            raise ImportStateError(f"Only a failed import can be retried: this one is {_shown(imp)}.")
        note(Action.IMPORT_RETRIED, imp)
        imp.blocks.exclude(state=Block.State.DONE).update(state=Block.State.WAITING, attempts=0)
        if phase == Import.Phase.WAITING:
            enqueue("plan_import", imp.pk)
        else:
            enqueue("load_block", *imp.blocks.filter(state=Block.State.WAITING).values_list("pk", flat=True))
            enqueue("finish_import", imp.pk)


def undo(imp: Import) -> None:
    """Remove exactly the records that this import added. Raises ImportStateError if it isn't finished."""
    with transaction.atomic():
        done = Import.objects.filter(pk=imp.pk, state__in=[Import.State.DONE, Import.State.DONE_WITH_REJECTS])
        if not done.exclude(phase=Import.Phase.UNDOING).update(phase=Import.Phase.UNDOING, heartbeat_at=timezone.now()):
            imp.refresh_from_db()
            raise ImportStateError(f"Only a finished import can be undone: this one is {_shown(imp)}.")
        note(Action.IMPORT_UNDO_STARTED, imp)
        enqueue("undo_import", imp.pk)
    imp.refresh_from_db()


def fail(imp: Import, sentence: str, *, phase: Import.Phase, for_good: bool = False) -> bool:
    """Fail an import that is loading and tell the user why. What was read is kept for a retry.

    ``for_good`` rules a retry out, because the file itself is at fault. Returns whether it failed: an import in another
    ``phase`` is left alone.
    """
    with transaction.atomic():
        failed = Import.objects.filter(pk=imp.pk, state=Import.State.LOADING, phase=phase).update(
            state=Import.State.FAILED,
            phase=Import.Phase.WAITING if for_good else phase,
            error=sentence,
            finished_at=timezone.now(),
        )
        if failed:
            note(Action.IMPORT_FAILED, imp)
    imp.refresh_from_db()
    if failed:
        logger.info("Import %s failed: %s", imp.pk, sentence)
    return bool(failed)


def pause(imp: Import, *, phase: Import.Phase) -> bool:
    """Have an import, or its undo, wait for disk space: it shows a sentence and is retried by the sweep.

    Returns whether it waits: an import in another ``phase`` is left alone.
    """
    waiting = Import.objects.filter(pk=imp.pk, phase=phase).update(error=PAUSED, heartbeat_at=timezone.now())
    if waiting:
        logger.warning("Import %s waits for room on the disk", imp.pk)
    imp.refresh_from_db()
    return bool(waiting)


def _shown(imp: Import) -> str:
    if imp.phase == Import.Phase.UNDOING:
        return "being undone"
    return str(imp.get_state_display()).lower()


def _step(imp: Import, old: str, new: str, **values: object) -> bool:
    """Move from one state to another if it's still in the first; returns whether it was."""
    moved = Import.objects.filter(pk=imp.pk, state=old).update(state=new, **values)
    imp.refresh_from_db()
    return bool(moved)
