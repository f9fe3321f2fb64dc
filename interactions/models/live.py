"""The inbox: what was accepted by the API and is not in the lake yet."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class InboxBatch(models.Model):
    """Entries that go into the lake in one append; its id is the append's mark, so that a repeat is a no-op.

    An environment has one at a time. The batch names its entries: to write into each of thousands would hold up those
    who wait to be answered.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    runs = models.JSONField(default=list, help_text="first and last id of each run of entries that it holds")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment"], name="one_inbox_batch_each")]

    @property
    def entry_ids(self) -> list[int]:
        """The ids of its entries, some of which may be gone."""
        return [pk for first, last in self.runs for pk in range(first, last + 1)]


class InboxEntry(models.Model):
    """The records of one call, checked. It is deleted once the lake has them.

    One with a ``problem`` was set aside: Dojo could not move it, and goes on without it.
    ``text`` lies as :mod:`interactions.models.packed` says.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    records = models.PositiveIntegerField()
    text = models.BinaryField(help_text="the records as JSON, the text of a list without its brackets")
    problem = models.CharField(max_length=200, blank=True, db_default="", default="")

    class Meta:
        ordering = ["id"]
