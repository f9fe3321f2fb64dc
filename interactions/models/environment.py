"""Environments: each has its own interactions."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.db import models


class Environment(models.Model):
    """An environment: production, playground or development. ``slug`` is its name in URLs and folders."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=50)
    position = models.PositiveSmallIntegerField(default=0)

    time_zone = models.CharField(max_length=64, default="UTC", help_text="a name of the IANA time zone database")
    currency = models.CharField(
        max_length=3,
        blank=True,
        default="",
        db_default="",
        help_text="an ISO 4217 code that revenue is in; empty: not said",
    )
    retention_months = models.PositiveSmallIntegerField(null=True, help_text="older records are removed; empty: never")
    needs_approval = models.BooleanField(default=False, help_text="a second person approves each deletion request")
    thresholds = models.JSONField(default=dict, blank=True, help_text="health checks: those that are not the default")

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of days, hours and times on this environment's pages."""
        return ZoneInfo(self.time_zone)
