"""Data retention: once a day, remove records older than an environment keeps them.

Age is by timestamp. Whole days in the environment's time zone are removed.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from interactions.access import audit, environments
from interactions.access.audit import Action
from interactions.errors import DojoError
from interactions.models import Environment, RetentionRun
from interactions.warehouse.lake import Lake, LakeBusy
from interactions.warehouse.overlaps import Overlaps
from interactions.warehouse.rewrite import remove_older

logger = logging.getLogger(__name__)

MOST_MONTHS = 1_200
_EVERY = timedelta(hours=23)  # one run per day, however the scheduler's times shift


class BadRetention(DojoError):
    """The number of months is out of range."""


def before(environment: Environment, months: int | None, now: datetime | None = None) -> datetime | None:
    """Records before this time are removed: the start of the day ``months`` calendar months ago; None to keep all."""
    if not months:
        return None
    today = (now or timezone.now()).astimezone(environment.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    if year < 1:
        return None
    for day in range(today.day, 0, -1):  # 31 May less three months is the last day of February
        try:
            return today.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def keep(environment: Environment, months: int | None) -> None:
    """Set how many months records are kept; None is forever. Raises BadRetention.

    Records are removed by the next run, not now.
    """
    if months is not None and not 1 <= months <= MOST_MONTHS:
        raise BadRetention(f"Keep records for 1 to {MOST_MONTHS:,} months, or forever.")
    environments.change(environment, retention_months=months)


def run(environment: Environment) -> RetentionRun | None:
    """Remove records that are too old, and return the run; None if there are none. Raises LakeBusy."""
    moment = before(environment, environment.retention_months)
    if moment is None or not environment.retention_months:
        return None
    lake = Lake(environment.slug)
    began = time.monotonic()
    if not any(part.first < moment for part in lake.parts()):
        return None
    with lake.lock():
        removed = remove_older(lake, moment)
        Overlaps(lake.environment).remove_older(moment)
    with transaction.atomic():
        done = RetentionRun.objects.create(
            environment=environment,
            months=environment.retention_months,
            before=moment,
            records=removed.rows,
            version_before=removed.before,
            version_after=removed.after,
            seconds=time.monotonic() - began,
        )
        details = {"records": removed.rows, "before": moment.isoformat()}
        audit.note(Action.RETENTION_RUN, environment=environment, object="retention", details=details)
    logger.info("%s records of %s from before %s were removed", removed.rows, environment.slug, moment.date())
    return done


def next_run(environment: Environment) -> datetime | None:
    """The earliest time of the next run; None if it's due, and starts within ten minutes."""
    last = environment.retention_runs.first()
    earliest = last.at + _EVERY if last else None
    return earliest if earliest and earliest > timezone.now() else None


def run_due() -> None:
    """Run each environment that limits retention, once a day."""
    for environment in Environment.objects.exclude(retention_months=None):
        if next_run(environment):
            continue
        try:
            run(environment)
        except LakeBusy as reason:  # retried soon
            logger.warning("Old records of %s wait to be removed: %s", environment.slug, reason)
