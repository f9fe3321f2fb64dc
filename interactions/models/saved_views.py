"""Saved views: a page with its filter, period and options, under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from interactions.models.environment import Environment


class SavedView(models.Model):
    """A page's query string under a name, for its author or, if ``is_shared``, for all members of the environment.

    ``names_people``: the filter has a condition about a person, as a keyed hash. Such a view is for users who may see
    people. One shared view can be the start page of its environment.
    """

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    page = models.CharField(max_length=40, help_text="the name of the page's URL")
    query = models.TextField(blank=True, help_text="without the question mark")
    names_people = models.BooleanField(default=False)
    is_shared = models.BooleanField(default=False)
    is_start = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints = [
            models.UniqueConstraint("environment", Lower("name"), condition=Q(is_shared=True), name="shared_view_name"),
            models.UniqueConstraint(
                "environment", "created_by", Lower("name"), condition=Q(is_shared=False), name="own_view_name"
            ),
            models.UniqueConstraint(fields=["environment"], condition=Q(is_start=True), name="one_start"),
            models.CheckConstraint(condition=Q(is_start=False) | Q(is_shared=True), name="start_is_shared"),
        ]
