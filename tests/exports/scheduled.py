"""Schedules for tests, and what they wrote."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings
from django.utils import timezone

from interactions.exports import schedule as scheduling
from interactions.exports.schedule import ScheduleAsked, plan
from interactions.ingest import live
from interactions.models import Environment, ExportSchedule, InboxEntry, ScheduledRun
from interactions.models.packed import pack
from interactions.objects import Objects
from tests.ingest.imports.house import House

TARGET = "warehouse/daily"


def scheduled(environment: Environment, target: str = TARGET, **asked: Any) -> ExportSchedule:
    return scheduling.create(environment, ScheduleAsked(target=target, **asked))


def ran(house: House, schedule: ExportSchedule) -> ScheduledRun:
    """A run that was started and carried to its end, whatever that was."""
    run: ScheduledRun = house.ask(scheduling.run_now, schedule)
    house.carry("write_scheduled_export")
    run.refresh_from_db()
    return run


def came(environment: Environment, *users: str, ago: timedelta = timedelta(hours=1)) -> None:
    """A call that was received so long ago and is in the data set."""
    waits(environment, *users, ago=ago)
    live.append(environment)


def waits(environment: Environment, *users: str, ago: timedelta = timedelta(hours=1)) -> datetime:
    """A call that was received so long ago and still waits in the inbox; when that was."""
    at = timezone.now() - ago
    records = [{"type": "like", "user_id": user, "timestamp": at.isoformat()} for user in users]
    text = pack(",".join(map(json.dumps, records)).encode())
    InboxEntry.objects.create(environment=environment, received_at=at, records=len(records), text=text)
    return at


def files(target: str = TARGET) -> dict[str, bytes]:
    """What is at the target, by name."""
    if "://" in target:
        return {name: Objects(target).get(name) for name, _ in Objects(target).names()}
    folder = Path(settings.EXPORT_ROOT) / target
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))} if folder.exists() else {}


def rows(target: str = TARGET) -> Iterator[dict[str, Any]]:
    for name, content in files(target).items():
        if name.endswith(".parquet"):
            yield from pq.read_table(io.BytesIO(content)).to_pylist()
        else:
            yield from map(json.loads, gzip.decompress(content).splitlines())


def users(target: str = TARGET) -> list[str]:
    """The user ids of all records at the target, sorted: one for each record."""
    return sorted(row["user_id"] for row in rows(target))


SETTLE = plan.SETTLE
