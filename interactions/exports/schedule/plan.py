"""Decide what a run writes and when the next one is due.

Which records are new can't be told by parts: these are merged and rewritten. Two things stay the same for each record,
though: its import, and for a live record, the time it was received.

- An import is committed at once. It's new if it's done and no run of the schedule has it.
- Live records wait in the inbox until they're in the table. All that were received before the oldest waiting one, and
  more than SETTLE ago, are there. A run writes those received since the end of the last one's span.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Min

from interactions.models import Environment, ExportSchedule, Import, InboxEntry, ScheduledImport, ScheduledRun

SETTLE: Final = timedelta(minutes=10)
"""A call is in the inbox within this time of its receipt: its body has to arrive, and the database may be busy."""
_DONE: Final = (Import.State.DONE, Import.State.DONE_WITH_REJECTS)
_EVERY: Final = ExportSchedule.Every


def plan(schedule: ExportSchedule, now: datetime) -> ScheduledRun:
    """Create the run of everything that is new. Call it in a transaction that has the schedule's row locked.

    There must be no open run.
    """
    until = settled_until(schedule.environment, now)
    if schedule.live_until is not None:
        until = max(until, schedule.live_until)
    run = ScheduledRun.objects.create(
        schedule=schedule, live_from=schedule.live_until, live_until=until, next_at=now, created_at=now
    )
    imports = new_imports(schedule)
    ScheduledImport.objects.bulk_create(
        [ScheduledImport(schedule=schedule, run=run, import_id=pk) for pk in imports], batch_size=500
    )
    return run


def settled_until(environment: Environment, now: datetime) -> datetime:
    """The time of receipt before which all live records are in the table.

    Records that were set aside don't count: they may wait for a newer Dojo.
    """
    waiting = InboxEntry.objects.filter(environment=environment, problem="").aggregate(first=Min("received_at"))[
        "first"
    ]
    settled = now - SETTLE
    return min(settled, waiting) if waiting else settled


def new_imports(schedule: ExportSchedule) -> list[int]:
    """The ids of finished imports that no run has, in order. Imports that are being undone are left out."""
    done = Import.objects.filter(environment=schedule.environment, state__in=_DONE, accepted__gt=0)
    done = done.exclude(phase=Import.Phase.UNDOING)
    known = ScheduledImport.objects.filter(schedule=schedule).values("import_id")
    return list(done.exclude(pk__in=known).order_by("pk").values_list("pk", flat=True))


def next_time(schedule: ExportSchedule, now: datetime) -> datetime:
    """When a schedule is next due after ``now``. Hours are those of its time zone, whatever its clocks do."""
    zone = ZoneInfo(schedule.time_zone)
    if schedule.every == _EVERY.HOUR:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = now.astimezone(zone).date()
    step = 1
    if schedule.every == _EVERY.WEEK:
        day, step = day - timedelta(days=day.weekday()) + timedelta(days=schedule.weekday), 7
    while (found := _at(day, schedule.hour, zone)) <= now:
        day += timedelta(days=step)
    return found


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """In UTC; an hour that the clocks skip is the one after it."""
    return datetime.combine(day, time(hour), zone).astimezone(ZoneInfo("UTC"))
