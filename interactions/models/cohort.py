"""Cohorts: people chosen by what they did, under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from interactions.models.environment import Environment


class Cohort(models.Model):
    """A cohort of an environment. Who is in it is counted anew for each version of the data set.

    ``rules`` are a list of ``cohorts.stored.StoredRule`` in JSON. Their conditions are on texts, which may name people:
    see privacy.stores.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="cohorts")
    name = models.CharField(max_length=80)
    rules = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints = [models.UniqueConstraint(fields=["environment", "name"], name="cohort_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def made_by(self) -> str:
        """The name of the user who made it, for pages."""
        if self.created_by is None:
            return "Former member"
        return self.created_by.get_full_name() or self.created_by.get_username()
