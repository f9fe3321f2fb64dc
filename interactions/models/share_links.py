"""Share links: a page, or one of its charts, for people without an account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class ShareLink(models.Model):
    """A read-only link with a fixed filter. Its token is shown once; only a hash is stored.

    Without ``panel`` it's a whole page. ``allowed_origins``, one per line, are the sites that can embed its chart.
    ``is_adjustable``: visitors can choose another period and bar width.
    """

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="share_links")
    name = models.CharField(max_length=60)
    page = models.CharField(max_length=40, help_text="the name of the page's URL")
    query = models.TextField(blank=True, help_text="without the question mark")
    panel = models.CharField(max_length=40, blank=True, help_text="the only chart it shows; empty: the page")
    allowed_origins = models.TextField(blank=True, help_text="one per line; empty: it can't be embedded")
    is_adjustable = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, which is random enough")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    uses = models.PositiveBigIntegerField(default=0, help_text="how often it was opened")

    class Meta:
        ordering = ["-id"]

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def origins(self) -> list[str]:
        return self.allowed_origins.split()
