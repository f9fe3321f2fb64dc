"""The inbox: what was accepted by the API and is not in the lake yet."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class InboxBatch(models.Model):
    """Entries that go into the lake in one append; its id is the append's mark, so that a repeat is a no-op."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)


class InboxEntry(models.Model):
    """The records of one call, checked. It is deleted once the lake has them.

    ``text`` lies as :mod:`interactions.models.packing` says.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    batch = models.ForeignKey(InboxBatch, models.SET_NULL, null=True, related_name="entries")
    received_at = models.DateTimeField()
    records = models.PositiveIntegerField()
    text = models.BinaryField(help_text="the records as JSON, the text of a list without its brackets")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["environment", "batch"])]
