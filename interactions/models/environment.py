"""Environments: each has its own interactions."""

from __future__ import annotations

from django.db import models


class Environment(models.Model):
    """One of production, playground, development; ``slug`` is its word in addresses and folders."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=50)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name
