"""Memberships of users in environments."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from interactions.access.roles import Role
from interactions.models.environment import Environment


class Membership(models.Model):
    """The role of a user in an environment. Administrators (superusers) are owners everywhere without one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(role.value, role.label) for role in Role])
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "environment"], name="membership_once")]
