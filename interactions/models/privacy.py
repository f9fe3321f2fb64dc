"""Deletion requests and the tombstones they leave."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class DeletionRequest(models.Model):
    """Somebody asked for people's records to be erased. People are named by keyed hashes only, see Tombstone."""

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        HIDDEN = "hidden", "Hidden"
        ERASING = "erasing", "Erasing"
        VERIFIED = "verified", "Verified"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="deletion_requests")
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    received_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    people = models.PositiveIntegerField(default=0)
    erased = models.PositiveBigIntegerField(default=0, help_text="records")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]


class Tombstone(models.Model):
    """One person of a request: nothing of theirs that is not newer than ``at`` may be seen or come back.

    ``user_key`` is the keyed hash of the user_id, as in the table's column of that name.
    """

    request = models.ForeignKey(DeletionRequest, models.CASCADE, related_name="tombstones")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    user_key = models.BigIntegerField()
    at = models.DateTimeField()
    is_erased = models.BooleanField(default=False, help_text="no record is left that it would have to hide")

    class Meta:
        indexes = [models.Index(fields=["environment", "user_key"]), models.Index(fields=["environment", "is_erased"])]
