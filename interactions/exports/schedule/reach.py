"""Personal data in scheduled exports: drafts on this machine, and files that are out of Dojo's reach."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q

from interactions import process_caches
from interactions.exports.schedule import target
from interactions.models import Environment, ExportSchedule, ScheduledRun

State = ScheduledRun.State


def draft_folder(run: ScheduledRun) -> Path:
    """The folder on this machine in which a run is written."""
    return _drafts() / str(run.pk)


def _drafts() -> Path:
    return Path(settings.EXPORTS_DIR) / "scheduled"


def writing_before(environment: Environment, moment: datetime) -> int:
    """The number of attempts that began up to ``moment`` and are still writing, or left drafts here."""
    return len(_begun(environment, moment))


def forget_drafts(environment: Environment, moment: datetime) -> None:
    """Stop those attempts, which begin again without the people who were hidden meanwhile, and remove their drafts."""
    for run in _begun(environment, moment):
        rows = ScheduledRun.objects.filter(pk=run.pk, claim=run.claim, state=State.WRITING)
        rows.update(state=State.WAITING, claim="", heartbeat_at=None)
        shutil.rmtree(draft_folder(run), ignore_errors=True)


def _begun(environment: Environment, moment: datetime) -> list[ScheduledRun]:
    runs = ScheduledRun.objects.filter(schedule__environment=environment, started_at__lte=moment)
    return list(runs.filter(Q(state=State.WRITING) | Q(pk__in=_here())))


def out_of_reach(environment: Environment, before: datetime) -> list[dict[str, Any]]:
    """The places that scheduled exports wrote to before a moment, where Dojo can't erase anybody.

    ``place, format, first_written, last_written``: one entry for each schedule with records, also a removed one.
    """
    found = []
    for schedule in ExportSchedule.objects.filter(environment=environment):
        runs = schedule.runs.filter(started_at__lte=before, files__gt=0).order_by("started_at")
        first, last = runs.first(), runs.last()
        if first is not None and last is not None and first.started_at and last.started_at:
            found.append(
                {
                    "place": target.place(schedule.target),
                    "format": schedule.get_format_display(),
                    "first_written": first.started_at.isoformat(),
                    "last_written": last.started_at.isoformat(),
                }
            )
    return found


def _here() -> set[int]:
    return {int(path.name) for path in _drafts().glob("*") if path.name.isdigit()}


def _remove_stale() -> None:
    """Drafts on this machine of runs that another one stopped."""
    here = _here()
    for run in ScheduledRun.objects.filter(pk__in=here).exclude(state=State.WRITING):
        shutil.rmtree(draft_folder(run), ignore_errors=True)


process_caches.register_copies("drafts of scheduled exports", _remove_stale)
