"""API keys, which authenticate calls of /v1."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class ApiKey(models.Model):
    """A key for one environment. The key itself is shown once; only its hash and its first characters are stored.

    Secret keys have ``scopes``. Publishable keys can only send interactions, and only from ``allowed_origins`` if there
    are any: one per line, such as ``https://shop.example``, ``NULL_ORIGIN`` or ``NO_ORIGIN``.
    """

    NULL_ORIGIN = "null"  # sent by browsers from sandboxed frames and local files
    NO_ORIGIN = "none"  # for calls without the header, such as those of native apps and servers

    class Kind(models.TextChoices):
        SECRET = "secret", "Secret"
        PUBLISHABLE = "publishable", "Publishable"

    class Scope(models.TextChoices):
        WRITE = "write", "Send interactions"
        DELETE = "delete", "Delete people"
        READ = "read", "Read reports and interactions"
        PEOPLE = "people", "See people"

    USUAL: ClassVar = {Kind.SECRET: (Scope.WRITE, Scope.DELETE), Kind.PUBLISHABLE: (Scope.WRITE,)}
    WARN_BEFORE: ClassVar = timedelta(days=14)  # pages point out keys that expire within this time

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind)
    prefix = models.CharField(max_length=16, help_text="the first characters, to tell keys apart by")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key, which is random enough for it")
    allowed_origins = models.TextField(blank=True)
    scopes = models.CharField(max_length=60, default="write", db_default="write", help_text="with blanks between")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="from then on it is refused, as was said when it was made")
    ends_at = models.DateTimeField(null=True, help_text="from then on it is refused: revoked, or rotated")
    successor = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="+", help_text="what it was rotated to"
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_live(self) -> bool:
        now = timezone.now()
        return all(end is None or end > now for end in (self.ends_at, self.expires_at))

    @property
    def is_expired(self) -> bool:
        """Whether it ended on its expiry date rather than before."""
        end = self.expires_at
        return end is not None and end <= timezone.now() and (self.ends_at is None or self.ends_at > end)

    @property
    def expires_soon(self) -> bool:
        """Whether it's live and should be replaced soon."""
        is_near = self.expires_at is not None and self.expires_at - timezone.now() <= self.WARN_BEFORE
        return is_near and self.is_live and self.successor_id is None

    @property
    def scope_list(self) -> list[Scope]:
        """Its scopes, in the order of Scope."""
        given = self.scopes.split()
        return [scope for scope in self.Scope if scope in given]
