"""The inbox: records that were accepted but aren't in the lake yet."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class InboxBatch(models.Model):
    """Entries that are appended to the lake together. Its id marks the append, so that repeating it has no effect.

    An environment has one at a time. The batch lists its entries, because updating thousands of entries would delay
    calls that wait for a response.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    runs = models.JSONField(default=list, help_text="first and last id of each run of entries that it holds")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment"], name="one_inbox_batch_each")]

    @property
    def entry_ids(self) -> list[int]:
        """The ids of its entries, some of which may have been removed."""
        return [pk for first, last in self.runs for pk in range(first, last + 1)]


class InboxEntry(models.Model):
    """The validated records of a call. It's deleted once they're in the lake.

    An entry with a ``problem`` was set aside, because Dojo couldn't move it. ``text`` is stored by
    :mod:`interactions.models.packed`.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    records = models.PositiveIntegerField()
    text = models.BinaryField(help_text="the records as JSON, the text of a list without its brackets")
    problem = models.CharField(max_length=200, blank=True, db_default="", default="")

    class Meta:
        ordering = ["id"]
