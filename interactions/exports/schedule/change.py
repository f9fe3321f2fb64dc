"""Create a schedule, run it now, pause it, remove it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.analytics.filters import Filter
from interactions.analytics.periods import ALL
from interactions.errors import DojoError
from interactions.exports.filters import stored
from interactions.exports.lifecycle import narrowed_by
from interactions.exports.schedule import plan, target
from interactions.ingest.imports.queue import enqueue
from interactions.models import Environment, ExportSchedule, ScheduledImport, ScheduledRun

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class ScheduleRefused(DojoError):
    """A schedule can't be created or changed like this. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class ScheduleAsked:
    """A new schedule. With ``from_now``, records that are there already aren't exported."""

    target: str
    filter: Filter = Filter()  # noqa: RUF009 - it's immutable
    format: str = ExportSchedule.Format.PARQUET
    every: str = ExportSchedule.Every.DAY
    hour: int = 3
    weekday: int = 0
    time_zone: str = "UTC"
    from_now: bool = False


def create(environment: Environment, asked: ScheduleAsked, *, user: User | None = None) -> ExportSchedule:
    """Create a schedule. Its filter applies to records of any time. Raises ScheduleRefused, TargetRefused."""
    _check(asked)
    now = timezone.now()
    everything = asked.filter.during(ALL)
    schedule = ExportSchedule(
        environment=environment,
        created_by=user,
        target=target.checked(asked.target),
        format=asked.format,
        filter=stored(everything),
        narrowed_by=", ".join(narrowed_by(everything)),
        every=asked.every,
        hour=asked.hour,
        weekday=asked.weekday,
        time_zone=asked.time_zone,
        created_at=now,
    )
    schedule.next_at = plan.next_time(schedule, now)
    with transaction.atomic():
        schedule.save()
        if asked.from_now:
            _skip_what_is_there(schedule)
        _note(schedule, "created", by=user)
    return schedule


def _check(asked: ScheduleAsked) -> None:
    if asked.format not in ExportSchedule.Format.values or asked.every not in ExportSchedule.Every.values:
        raise ScheduleRefused("Choose a format and how often.")
    if not 0 <= asked.hour < 24 or not 0 <= asked.weekday < 7:
        raise ScheduleRefused("Choose an hour from 0 to 23, and a day of the week.")
    if asked.time_zone not in available_timezones():
        raise ScheduleRefused(f"There is no time zone called {asked.time_zone[:64]}.")
    if {"user", "anonymous"} & set(narrowed_by(asked.filter)):
        raise ScheduleRefused("A schedule can't be about one person. Remove the person from the filter.")


def _skip_what_is_there(schedule: ExportSchedule) -> None:
    """Begin as if a run had just written everything."""
    run = plan.plan(schedule, timezone.now())
    ScheduledRun.objects.filter(pk=run.pk).update(state=ScheduledRun.State.DONE, finished_at=timezone.now())
    schedule.live_until = run.live_until
    schedule.save(update_fields=["live_until"])


def run_now(schedule: ExportSchedule, *, by: User | None = None) -> ScheduledRun:
    """Start a run, or a failed one again. Raises ScheduleRefused if one is running, or the schedule was removed."""
    now = timezone.now()
    with transaction.atomic():
        row = ExportSchedule.objects.select_for_update().select_related("environment").get(pk=schedule.pk)
        if row.removed_at is not None:
            raise ScheduleRefused("This schedule was removed.")
        run = row.runs.exclude(state=ScheduledRun.State.DONE).first()
        if run is None:
            run = plan.plan(row, now)
        elif run.state == ScheduledRun.State.FAILED:
            ScheduledRun.objects.filter(pk=run.pk).update(state=ScheduledRun.State.WAITING, next_at=now, attempts=0)
        else:
            raise ScheduleRefused("It's already running.")
        _note(row, "run now", by=by)
        enqueue("write_scheduled_export", run.pk)
    return run


def pause(schedule: ExportSchedule, *, is_paused: bool, by: User | None = None) -> None:
    """Pause or resume. A run that is being written is finished."""
    now = timezone.now()
    with transaction.atomic():
        rows = ExportSchedule.objects.filter(pk=schedule.pk, removed_at=None, is_paused=not is_paused)
        if rows.update(is_paused=is_paused, next_at=plan.next_time(schedule, now)):
            _note(schedule, "paused" if is_paused else "resumed", by=by)
    schedule.refresh_from_db()


def remove(schedule: ExportSchedule, *, by: User | None = None) -> None:
    """Remove a schedule. Its files stay where they are, and its row says where that is."""
    with transaction.atomic():
        if ExportSchedule.objects.filter(pk=schedule.pk, removed_at=None).update(removed_at=timezone.now()):
            open_runs = schedule.runs.exclude(state=ScheduledRun.State.DONE)
            # It never finished; the files that it wrote may be there, which the row still says.
            ScheduledImport.objects.filter(run__in=open_runs).update(records=0)
            open_runs.update(state=ScheduledRun.State.DONE, claim="", error="The schedule was removed.")
            _note(schedule, "removed", by=by)
    schedule.refresh_from_db()


def _note(schedule: ExportSchedule, did: str, *, by: User | None) -> None:
    audit.note(
        Action.SETTINGS_CHANGED,
        by=by,
        environment=schedule.environment,
        object=f"export {schedule.name}",
        details={
            "what": did,
            "target": target.place(schedule.target),
            "format": schedule.get_format_display(),
            "every": schedule.get_every_display(),
            "filtered by": schedule.narrowed_by or "nothing",
        },
    )
