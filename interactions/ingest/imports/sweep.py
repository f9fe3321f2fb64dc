"""Requeue work that was lost by a dead worker, a restarted broker or a broken connection, and clean up."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from interactions.disk import PAUSED
from interactions.errors import ImportStateError
from interactions.ingest.imports import lifecycle, storage
from interactions.ingest.imports.load import finish_if_last, free
from interactions.ingest.imports.queue import enqueue
from interactions.ingest.uploads import content
from interactions.models import Block, Import, Upload

logger = logging.getLogger(__name__)
_BROUGHT_NOTHING = Q(state=Import.State.FAILED, phase=Import.Phase.WAITING, started_at__isnull=False)


def sweep() -> None:
    """Requeue what is stuck. Every task may run twice, so an extra one is harmless."""
    quiet = timezone.now() - timedelta(seconds=settings.IMPORT_STALE_SECONDS)
    _free_lost_blocks(quiet)
    loading = Import.objects.filter(state=Import.State.LOADING)
    stuck = Q(heartbeat_at__lt=quiet) | Q(heartbeat_at=None)
    for pk in loading.filter(stuck, phase__in=[Import.Phase.WAITING, Import.Phase.PLANNING]).values_list(
        "pk", flat=True
    ):
        enqueue("plan_import", pk)
    for pk in loading.filter(stuck, phase=Import.Phase.COMMITTING).values_list("pk", flat=True):
        enqueue("finish_import", pk)
    for pk in Import.objects.filter(stuck, phase=Import.Phase.UNDOING).values_list("pk", flat=True):
        enqueue("undo_import", pk)
    cancelled = Import.objects.filter(state=Import.State.CANCELLED)
    for pk in cancelled.filter(phase=Import.Phase.COMMITTING, finished_at__lt=quiet).values_list("pk", flat=True):
        enqueue("discard_import", pk)
    for imp in loading.filter(phase=Import.Phase.BLOCKS):
        finish_if_last(imp)
    _ask_for_waiting_blocks(quiet)
    with_files = Q(pk__in=storage.crowded()) | Q(upload__token__in=storage.tokens())
    _tidy(with_files)
    _remove_given_up(with_files)
    expire()


def _free_lost_blocks(quiet: datetime) -> None:
    """Requeue blocks whose task has no heartbeat; not on a full disk, where heartbeats can't be written."""
    if storage.free_bytes() == 0:
        return
    lost = Block.objects.filter(state=Block.State.RUNNING, heartbeat_at__lt=quiet, of__state=Import.State.LOADING)
    for block in lost.select_related("of"):
        free(block)


def _ask_for_waiting_blocks(quiet: datetime) -> None:
    """Requeue waiting blocks if no worker is reading any block: else they are still in the queue.

    Blocks of an import that waits for disk space are in no queue.
    """
    idle = Import.objects.filter(state=Import.State.LOADING, phase=Import.Phase.BLOCKS, heartbeat_at__lt=quiet)
    if Block.objects.filter(heartbeat_at__gte=quiet, of__state=Import.State.LOADING).exists():
        idle = idle.filter(error=PAUSED)
    if storage.free_bytes() == 0:
        idle = idle.exclude(error=PAUSED)
    for imp in idle:
        enqueue("load_block", *imp.blocks.filter(state=Block.State.WAITING).values_list("pk", flat=True))
        Import.objects.filter(pk=imp.pk).update(heartbeat_at=timezone.now(), error="")  # not at every sweep


def _tidy(with_files: Q) -> None:
    """Remove files of ended imports, left by a lost task or one that found its import cancelled too late."""
    done = [Import.State.CANCELLED, Import.State.UNDONE, Import.State.DONE, Import.State.DONE_WITH_REJECTS]
    ended = Import.objects.filter(with_files, Q(state__in=done) | _BROUGHT_NOTHING)
    for imp in ended.exclude(phase__in=[Import.Phase.COMMITTING, Import.Phase.UNDOING]):
        storage.tidy(imp)


def _remove_given_up(with_files: Q) -> None:
    """Failed imports keep their files for a retry, for as long as unfinished uploads are kept."""
    before = timezone.now() - timedelta(hours=settings.UPLOAD_EXPIRES_HOURS)
    failed = Import.objects.filter(with_files, state=Import.State.FAILED, finished_at__lt=before)
    for imp in failed.exclude(_BROUGHT_NOTHING):
        imp.blocks.all().delete()  # their files are removed now
        storage.remove_all(imp)


def expire() -> int:
    """Remove expired unfinished uploads and cancel their imports.

    Returns how many. An upload that is receiving data right now is left alone.
    """
    over = Upload.objects.filter(
        expires_at__lte=timezone.now(), offset__lt=F("length"), of__state=Import.State.UPLOADING
    ).select_related("of")
    return sum(_expire(upload) for upload in over)


def _expire(upload: Upload) -> bool:
    try:
        with storage.hold(upload):
            upload.refresh_from_db(fields=["expires_at"])
            if upload.expires_at > timezone.now():  # resumed since the query
                return False
            ended = _cancel(upload.of)
    except content.UploadHeld:
        return False
    except content.UploadRemoved:
        ended = _cancel(upload.of)
    storage.remove_upload(upload.of)
    return ended


def _cancel(imp: Import) -> bool:
    try:
        lifecycle.cancel(imp)
    except ImportStateError:  # it was ended by someone else, with its own reason
        return False
    sentence = (
        f"The upload wasn't finished within {settings.UPLOAD_EXPIRES_HOURS} hours, so what arrived was removed. "
        "Drop the file again to start over."
    )
    Import.objects.filter(pk=imp.pk).update(error=sentence)
    logger.info("Upload of import %s expired", imp.pk)
    return True
