"""Scheduled exports: what is written where and when, and each run."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from interactions.models.environment import Environment


def _token() -> str:
    return secrets.token_hex(4)


class ExportSchedule(models.Model):
    """Writes new records to a folder or an object store.

    ``live_until`` is how far live records were exported, by the time they were received. The imports that were exported
    are those of its runs. A removed schedule stays as a row: what it wrote is still where it was written.
    """

    class Every(models.TextChoices):
        HOUR = "hour", "Hourly"
        DAY = "day", "Daily"
        WEEK = "week", "Weekly"

    class Format(models.TextChoices):
        PARQUET = "parquet", "Parquet"
        LINES = "jsonl", "JSON Lines"

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="export_schedules")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    token = models.CharField(max_length=8, default=_token, help_text="in the names of its files")
    target = models.CharField(max_length=500, help_text="s3://bucket/prefix, or a folder below EXPORT_ROOT")
    format = models.CharField(max_length=10, choices=Format, default=Format.PARQUET)
    filter = models.TextField(help_text="JSON; names no person")
    narrowed_by = models.CharField(max_length=300, blank=True, help_text="names of the filter's parts; empty: all")

    every = models.CharField(max_length=5, choices=Every, default=Every.DAY)
    hour = models.PositiveSmallIntegerField(default=3, help_text="of the day, in time_zone")
    weekday = models.PositiveSmallIntegerField(default=0, help_text="0 is Monday")
    time_zone = models.CharField(max_length=64, default="UTC")

    live_until = models.DateTimeField(null=True, help_text="live records received before were exported")
    next_at = models.DateTimeField(null=True)
    is_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    @property
    def name(self) -> str:
        """For pages and messages."""
        return f"schedule {self.pk}"


class ScheduledRun(models.Model):
    """One run of a schedule: the imports and the span of live records that it writes, decided when it's planned.

    So a repeated run writes the same files. Only one run of a schedule is open at a time.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        WRITING = "writing", "Writing"
        FAILED = "failed", "Failed"
        DONE = "done", "Done"

    schedule = models.ForeignKey(ExportSchedule, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    live_from = models.DateTimeField(null=True)
    live_until = models.DateTimeField()
    claim = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    records = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0, help_text="bytes")
    files = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    next_at = models.DateTimeField(default=timezone.now, help_text="when a failed run is tried again")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["schedule"], condition=~Q(state="done"), name="one_open_run_each")
        ]

    @property
    def is_open(self) -> bool:
        return self.state != self.State.DONE


class ScheduledImport(models.Model):
    """An import that a schedule exports, once. ``import_id`` outlives the import."""

    schedule = models.ForeignKey(ExportSchedule, models.CASCADE, related_name="imports")
    run = models.ForeignKey(ScheduledRun, models.CASCADE, related_name="imports")
    import_id = models.BigIntegerField()
    records = models.PositiveBigIntegerField(default=0, help_text="written")

    class Meta:
        ordering = ["import_id"]
        constraints = [models.UniqueConstraint(fields=["schedule", "import_id"], name="import_exported_once")]
