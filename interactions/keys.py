"""API keys: make, rotate, revoke and find them. The text of a key is given out once and kept nowhere."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from interactions.errors import DojoError
from interactions.models import ApiKey, Environment

_WORDS = {ApiKey.Kind.SECRET: "sk", ApiKey.Kind.PUBLISHABLE: "pk"}
_RANDOM_BYTES = 30  # 40 characters
_SHOWN = 12  # characters that tell keys apart: the kind, and four of the random ones


class KeyEnded(DojoError):
    """A key that was rotated or revoked already was to be rotated."""


def create(
    environment: Environment, *, kind: ApiKey.Kind, name: str, user: User | None = None, allowed_origins: str = ""
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can find out later.

    ``allowed_origins``, one a line, bind a publishable key to the pages that may use it; a secret key has none.
    """
    text = f"dojo_{_WORDS[kind]}_{secrets.token_urlsafe(_RANDOM_BYTES)}"
    origins = [origin.strip().rstrip("/").lower() for origin in allowed_origins.split()]
    key = ApiKey.objects.create(
        environment=environment,
        name=name,
        kind=kind,
        prefix=text[:_SHOWN],
        digest=_digest(text),
        allowed_origins="\n".join(origins) if kind == ApiKey.Kind.PUBLISHABLE else "",
        created_by=user,
    )
    return key, text


def rotate(key: ApiKey, grace: timedelta, *, user: User | None = None) -> tuple[ApiKey, str]:
    """A key that takes over from ``key``, which is accepted as long as ``grace`` lasts. Raises KeyEnded."""
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().select_related("environment").get(pk=key.pk)
        if old.successor_id is not None or not old.is_live:
            raise KeyEnded("This key has been rotated or revoked already. Create a new one instead.")
        new, text = create(
            old.environment, kind=ApiKey.Kind(old.kind), name=old.name, user=user, allowed_origins=old.allowed_origins
        )
        old.successor = new
        old.ends_at = timezone.now() + grace
        old.save(update_fields=["successor", "ends_at"])
    key.refresh_from_db()
    return new, text


def revoke(key: ApiKey) -> None:
    """Accept the key no more, from this moment on. A key that has ended stays as it is."""
    now = timezone.now()
    ApiKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), pk=key.pk).update(ends_at=now)
    key.refresh_from_db()


def find(text: str) -> ApiKey | None:
    """The live key with this text, with its environment."""
    key = ApiKey.objects.select_related("environment").filter(digest=_digest(text)).first()
    return key if key is not None and key.is_live else None


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
