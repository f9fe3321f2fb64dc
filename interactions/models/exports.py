"""Exports: records written to files for download."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class Export(models.Model):
    """A file with the records that pass a filter.

    ``filter`` may name people, so it's emptied when the file is removed. ``narrowed_by`` has the names of the filtered
    fields, without values.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        WRITING = "writing", "Writing"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        REMOVED = "removed", "Removed"

    class Format(models.TextChoices):
        LINES = "jsonl", "JSON Lines"
        CSV = "csv", "CSV"
        PARQUET = "parquet", "Parquet"

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="exports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    format = models.CharField(max_length=10, choices=Format)
    filter = models.TextField(blank=True, help_text="JSON, for the task")
    narrowed_by = models.CharField(max_length=300, blank=True, help_text="names of the filter's parts; empty: all")

    records_total = models.PositiveBigIntegerField(help_text="as counted when it was asked for")
    records = models.PositiveBigIntegerField(default=0, help_text="written so far")
    size = models.PositiveBigIntegerField(default=0, help_text="bytes written so far")
    claim = models.CharField(max_length=32, blank=True, help_text="the last attempt; its files bear this name")
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, help_text="why it failed or is gone, as a sentence for the user")

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["environment", "-id"]), models.Index(fields=["state"])]

    @property
    def is_running(self) -> bool:
        return self.state in (self.State.WAITING, self.State.WRITING)

    @property
    def is_of_a_person(self) -> bool:
        """Whether it was filtered by a person's id."""
        return not {"user", "anonymous"}.isdisjoint(self.narrowed_by.split(", "))

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE

    @property
    def fraction(self) -> float:
        """The fraction that has been written, 0 to 1."""
        return 1.0 if self.is_done else min(1.0, self.records / max(1, self.records_total))

    @property
    def file_name(self) -> str:
        """The name of the downloaded file."""
        packed = "" if self.format == self.Format.PARQUET else ".gz"
        return f"interactions-{self.environment.slug}-{self.created_at:%Y-%m-%d}-{self.pk}.{self.format}{packed}"

    @property
    def exported_by(self) -> str:
        """The name of the user who requested it, for pages."""
        if self.created_by is None:
            return "Former member"
        return self.created_by.get_full_name() or self.created_by.get_username()

    @property
    def duration(self) -> timedelta | None:
        """The time from its start to its end, or until now."""
        if self.started_at is None:
            return None
        return (self.finished_at or timezone.now()) - self.started_at
