"""What a user has chosen for pages, kept from one visit to the next."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from interactions.models.environment import Environment


class Preference(models.Model):
    """A choice of a user in an environment; ``value`` is JSON. ``name`` says what it's about, such as ``columns``."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences")
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="preferences")
    name = models.CharField(max_length=50)
    value = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "environment", "name"], name="preference_once")]
