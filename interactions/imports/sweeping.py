"""Ask again for whatever was left lying: by a worker that died, a broker that forgot, a moment without network."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from interactions.imports import storage
from interactions.imports.expiry import expire
from interactions.imports.loading import STALE_SECONDS, finish_if_last
from interactions.imports.queue import enqueue
from interactions.models import Block, Import


def sweep() -> None:
    """Re-queue what is stuck. Every task may run twice, so asking once too often costs nothing but a look."""
    quiet = timezone.now() - timedelta(seconds=STALE_SECONDS)
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
    _remove_given_up()
    expire()


def _free_lost_blocks(quiet: object) -> None:
    """Blocks whose task gives no more signs of life wait for another."""
    Block.objects.filter(state=Block.State.RUNNING, heartbeat_at__lt=quiet).update(state=Block.State.WAITING)


def _ask_for_waiting_blocks(quiet: object) -> None:
    """Only where no worker reads any block: else the queue is alive, and the blocks are in it."""
    if Block.objects.filter(heartbeat_at__gte=quiet, of__state=Import.State.LOADING).exists():
        return
    waiting = Block.objects.filter(
        state=Block.State.WAITING,
        of__state=Import.State.LOADING,
        of__phase=Import.Phase.BLOCKS,
        of__heartbeat_at__lt=quiet,
    )
    for pk in waiting.values_list("pk", flat=True):
        enqueue("load_block", pk)


def _remove_given_up() -> None:
    """Files of failed imports are kept for another try, as long as an unfinished upload is."""
    before = timezone.now() - timedelta(hours=settings.UPLOAD_EXPIRES_HOURS)
    for imp in Import.objects.filter(state=Import.State.FAILED, finished_at__lt=before):
        if storage.has_file(imp):
            storage.remove_all(imp)
