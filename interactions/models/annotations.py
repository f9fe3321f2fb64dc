"""Notes on days, which charts over time show."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class Annotation(models.Model):
    """A note on a day in the environment's time zone, such as "Spring sale began"."""

    LONGEST = 200

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="annotations")
    day = models.DateField()
    text = models.CharField(max_length=LONGEST)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-day", "-id"]
        indexes = [models.Index(fields=["environment", "-day"])]
