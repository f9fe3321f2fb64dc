"""Start the runs that are due, and take up those whose worker was lost or that failed."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from interactions.exports.schedule import plan
from interactions.ingest.imports.queue import enqueue
from interactions.models import ExportSchedule, ScheduledRun

State = ScheduledRun.State


def sweep() -> None:
    """Plan due runs and queue waiting ones; two schedulers may do so at once."""
    now = timezone.now()
    due = ExportSchedule.objects.filter(is_paused=False, removed_at=None, next_at__lte=now)
    for pk in due.values_list("pk", flat=True):
        _start(pk)
    quiet = now - timedelta(seconds=settings.IMPORT_STALE_SECONDS)
    lost = Q(state=State.WRITING, heartbeat_at__lt=quiet)
    unheard = Q(state=State.WAITING, created_at__lt=quiet) & (Q(heartbeat_at=None) | Q(heartbeat_at__lt=quiet))
    again = Q(state=State.FAILED, next_at__lte=now, schedule__is_paused=False)
    open_runs = ScheduledRun.objects.filter(schedule__removed_at=None).filter(lost | unheard | again)
    enqueue("write_scheduled_export", *open_runs.values_list("pk", flat=True))


def _start(pk: int) -> None:
    """Plan the run of a schedule that is due. If one is still open, that one goes on, and the next takes the rest."""
    now = timezone.now()
    with transaction.atomic():
        row = ExportSchedule.objects.select_for_update().select_related("environment").get(pk=pk)
        if row.is_paused or row.removed_at or row.next_at is None or row.next_at > now:
            return
        row.next_at = plan.next_time(row, now)
        row.save(update_fields=["next_at"])
        if not row.runs.exclude(state=State.DONE).exists():
            enqueue("write_scheduled_export", plan.plan(row, now).pk)
