"""Create, rotate, pause and remove connections. The token in a URL is shown once and stored as a hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.connectors import SOURCES
from interactions.ingest import imports
from interactions.ingest.connections.find import PREFIX, digest_of, path_of
from interactions.ingest.connections.seal import sealed
from interactions.models import Connection, Environment, Import

#: The sources that can send webhooks. The others are imported from files.
SENDERS = ("segment", "shopify", "woocommerce", "posthog", "shopify_pixel", "dojo")

_RANDOM_BYTES = 30  # 40 characters
_SHOWN = 12  # characters of the token that are shown on pages


@dataclass(frozen=True, slots=True)
class Given:
    """What is shown once: the ``path`` to send to, with its token, and the ``secret`` to sign with, if any."""

    connection: Connection
    path: str
    secret: str


def create(
    environment: Environment, source: str, *, name: str = "", secret: str = "", user: User | None = None
) -> Given:
    """Create a connection. A secret is generated if the tool signs and none is given."""
    token = _token()
    if not SOURCES[source].SIGNATURE:
        secret = ""
    elif not secret:
        secret = _secret()
    with transaction.atomic():
        connection = Connection.objects.create(
            environment=environment,
            source=source,
            name=name or SOURCES[source].TITLE,
            prefix=token[:_SHOWN],
            digest=digest_of(token),
            secret=sealed(secret),
            created_by=user,
        )
        _note(Action.CONNECTION_CREATED, connection, user, source=source)
    return Given(connection, path_of(source, token), secret)


def rotate(connection: Connection, grace: timedelta, *, user: User | None = None) -> Given:
    """Give a connection a new URL. The old one keeps working for ``grace``.

    The secret doesn't change; :func:`replace_secret` does that.
    """
    token = _token()
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        row.former_digest, row.former_ends_at = row.digest, timezone.now() + grace
        row.prefix, row.digest = token[:_SHOWN], digest_of(token)
        row.save(update_fields=["former_digest", "former_ends_at", "prefix", "digest"])
        _note(Action.CONNECTION_ROTATED, row, user, hours=round(grace.total_seconds() / 3600, 1))
    connection.refresh_from_db()
    return Given(connection, path_of(connection.source, token), "")


def replace_secret(connection: Connection, secret: str, *, user: User | None = None) -> str:
    """Replace the secret used to verify signatures. Generates one if none is given, and returns it."""
    secret = secret or _secret()
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(secret=sealed(secret))
        _note(Action.CONNECTION_CHANGED, connection, user, changed="secret")
    connection.refresh_from_db()
    return secret


def pause(connection: Connection, *, user: User | None = None) -> None:
    """Stop storing events. Requests to erase people are still handled."""
    _set_paused(connection, True, Action.CONNECTION_PAUSED, user)


def resume(connection: Connection, *, user: User | None = None) -> None:
    _set_paused(connection, False, Action.CONNECTION_RESUMED, user)


def _set_paused(connection: Connection, is_paused: bool, action: Action, user: User | None) -> None:
    with transaction.atomic():
        if Connection.objects.filter(pk=connection.pk, is_paused=not is_paused).update(is_paused=is_paused):
            _note(action, connection, user)
    connection.refresh_from_db()


def remove(connection: Connection, *, user: User | None = None) -> None:
    """Refuse further calls, and delete counts and kept events. The records stay."""
    with transaction.atomic():
        _note(Action.CONNECTION_REMOVED, connection, user)
        _cancel_waiting(connection)
        connection.delete()


def _cancel_waiting(connection: Connection) -> None:
    """Cancel a pull's imports that haven't started to load."""
    waiting = [Import.State.UPLOADING, Import.State.CHECKING]
    for imp in Import.objects.filter(pulled_days__pull__connection=connection, state__in=waiting):
        imports.cancel(imp)


def _token() -> str:
    return f"{PREFIX}{secrets.token_urlsafe(_RANDOM_BYTES)}"


def _secret() -> str:
    return secrets.token_urlsafe(24)


def _note(action: Action, connection: Connection, user: User | None, **details: str | float) -> None:
    about = f"connection {connection}"
    audit.note(action, by=user, environment=connection.environment, object=about, details=details)
