"""API keys: create, rotate, revoke and look up. The text of a key is shown once and not stored.

A process may cache a key for LEASE_SECONDS, and ending a key waits that long before it returns. So most calls don't
need the database, and no call is accepted after a key was reported as ended.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import inf

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.errors import DojoError
from interactions.models import ApiKey, Environment

WHAT_AN_ORIGIN_IS = (
    f"Use a scheme and a host, such as https://shop.example, {ApiKey.NULL_ORIGIN} for sandboxed frames, or"
    f" {ApiKey.NO_ORIGIN} for apps that send no Origin header."
)
_ORIGIN = re.compile(rf"https?://[a-z0-9.-]+(:\d{{1,5}})?/?|{ApiKey.NULL_ORIGIN}|{ApiKey.NO_ORIGIN}", re.IGNORECASE)
_WORDS = {ApiKey.Kind.SECRET: "sk", ApiKey.Kind.PUBLISHABLE: "pk"}
_RANDOM_BYTES = 30  # 40 characters
_SHOWN = 12  # characters to identify keys by: the kind, and four random ones
LEASE_SECONDS = 0.2
_MOST_LEASES = 1000  # bounds the memory
_leases: dict[str, _Lease] = {}  # by the digest of the key
_NOTE_SECONDS = 60.0
_noted: dict[int, float] = {}  # when this process last recorded each key's use
_FIND = (
    "SELECT k.id, k.name, k.prefix, k.kind, k.allowed_origins, k.scopes, e.id, e.slug, k.ends_at, k.expires_at"  # noqa: S608 - our own names
    f" FROM {ApiKey._meta.db_table} k JOIN {Environment._meta.db_table} e ON e.id = k.environment_id"
    " WHERE k.digest = %s AND (k.ends_at IS NULL OR k.ends_at > %s) AND (k.expires_at IS NULL OR k.expires_at > %s)"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The key of a call and its environment. ``expired_at`` is set where the key ended by its date."""

    key_id: int
    name: str
    prefix: str
    kind: ApiKey.Kind
    allowed_origins: tuple[str, ...]
    environment_id: int
    environment: str
    scopes: frozenset[str] = frozenset()
    expired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Lease:
    """``caller`` is cached ``until`` then, on the clock of time.monotonic()."""

    caller: Caller
    until: float


def is_origin(text: str) -> bool:
    """Whether a text is an origin that a publishable key can be bound to."""
    return _ORIGIN.fullmatch(text) is not None


class KeyEnded(DojoError):
    """A key can't be rotated because it was rotated or revoked already."""


def create(
    environment: Environment,
    *,
    kind: ApiKey.Kind,
    name: str,
    user: User | None = None,
    allowed_origins: str = "",
    scopes: Iterable[ApiKey.Scope] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create a key; returns it and its text, which can't be recovered later.

    ``allowed_origins``, one per line, restrict a publishable key (see ApiKey); a secret key has none. ``scopes`` are a
    secret key's, and those of ApiKey.USUAL without any; a publishable key can only write.
    """
    with transaction.atomic():
        given = set(ApiKey.USUAL[kind] if scopes is None or kind == ApiKey.Kind.PUBLISHABLE else scopes)
        said = " ".join(scope for scope in ApiKey.Scope if scope in given)
        key, text = _make(environment, kind, name, user, allowed_origins, said, expires_at)
        until = {} if expires_at is None else {"expires": expires_at.date().isoformat()}
        _note(Action.KEY_CREATED, key, user, kind=key.kind, scopes=key.scopes, **until)
    return key, text


def _make(
    environment: Environment,
    kind: ApiKey.Kind,
    name: str,
    user: User | None,
    allowed_origins: str,
    scopes: str,
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    text = f"dojo_{_WORDS[kind]}_{secrets.token_urlsafe(_RANDOM_BYTES)}"
    origins = [origin.strip().rstrip("/").lower() for origin in allowed_origins.split()]
    key = ApiKey.objects.create(
        environment=environment,
        name=name,
        kind=kind,
        prefix=text[:_SHOWN],
        digest=_digest(text),
        allowed_origins="\n".join(origins) if kind == ApiKey.Kind.PUBLISHABLE else "",
        scopes=scopes,
        expires_at=expires_at,
        created_by=user,
    )
    return key, text


def rotate(key: ApiKey, grace: timedelta, *, user: User | None = None) -> tuple[ApiKey, str]:
    """Replace ``key``, which stays valid for ``grace``; returns the new key and its text. Raises KeyEnded.

    The new key has the same scopes, and where the old one has a date, as long to live as that one had.
    """
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().select_related("environment").get(pk=key.pk)
        if old.successor_id is not None or not old.is_live:
            raise KeyEnded("This key was already rotated or revoked. Create a new one instead.")
        kind, now = ApiKey.Kind(old.kind), timezone.now()
        expires = None if old.expires_at is None else now + (old.expires_at - old.created_at)
        new, text = _make(old.environment, kind, old.name, user, old.allowed_origins, old.scopes, expires)
        old.successor = new
        old.ends_at = now + grace
        old.save(update_fields=["successor", "ends_at"])
        _note(Action.KEY_ROTATED, old, user, successor=f"{new.prefix}…", hours=round(grace.total_seconds() / 3600, 1))
    if grace.total_seconds() < LEASE_SECONDS:
        _wait_for_leases()
    key.refresh_from_db()
    return new, text


def revoke(key: ApiKey) -> None:
    """Revoke the key; once this returns, calls with it are refused. A key that has ended isn't changed."""
    now = timezone.now()
    with transaction.atomic():
        live = [Q(**{end: None}) | Q(**{f"{end}__gt": now}) for end in ("ends_at", "expires_at")]
        if ApiKey.objects.filter(*live, pk=key.pk).update(ends_at=now):
            _note(Action.KEY_REVOKED, key)
    _wait_for_leases()
    key.refresh_from_db()


def expiring(environment: Environment) -> list[ApiKey]:
    """The live keys that should be replaced soon, the first to expire first."""
    near = environment.api_keys.filter(expires_at__lte=timezone.now() + ApiKey.WARN_BEFORE).order_by("expires_at", "pk")
    return [key for key in near if key.expires_soon]


def _wait_for_leases() -> None:
    """Wait until no process has earlier keys cached."""
    time.sleep(LEASE_SECONDS)


def leased(text: str) -> Caller | None:
    """The caller with this key if it's cached; doesn't query the database."""
    lease = _leases.get(_digest(text))
    return lease.caller if lease is not None and time.monotonic() < lease.until else None


def find(text: str) -> Caller | None:
    """The caller with this key if it's valid."""
    asked = time.monotonic()
    if (caller := leased(text)) is not None:
        return caller
    digest = _digest(text)
    found = _look_up(digest)
    if found is None:
        _leases.pop(digest, None)
        return None
    caller, seconds = found
    if len(_leases) >= _MOST_LEASES:
        _leases.clear()
    _leases[digest] = _Lease(caller, asked + min(LEASE_SECONDS, seconds))
    return caller


def find_ended(text: str) -> Caller | None:
    """The caller with this key if it was rotated or revoked, or has expired."""
    key = ApiKey.objects.select_related("environment").filter(digest=_digest(text)).first()
    if key is None:
        return None
    here = key.environment
    expired = key.expires_at if key.is_expired else None
    return Caller(key.pk, key.name, key.prefix, ApiKey.Kind(key.kind), (), here.pk, here.slug, expired_at=expired)


def _look_up(digest: str) -> tuple[Caller, float] | None:
    """The caller with this key digest, and the seconds until the key ends.

    Raw SQL, because the ORM is too slow here.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(now)
        cursor.execute(_FIND, [digest, moment, moment])
        row = cursor.fetchone()
    if row is None:
        return None
    key_id, name, prefix, kind, origins, scopes, environment_id, environment, *ends = row
    scoped = frozenset(scopes.split())
    caller = Caller(
        key_id, name, prefix, ApiKey.Kind(kind), tuple(origins.split()), environment_id, environment, scoped
    )
    return caller, min((_moment(end) - now).total_seconds() if end else inf for end in ends)


def _moment(stored: datetime | str) -> datetime:
    """A time from the database driver: SQLite's returns text, in UTC without an offset."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_noted(caller: Caller) -> bool:
    """Whether this process recorded the key's use within the last minute."""
    return time.monotonic() - _noted.get(caller.key_id, -_NOTE_SECONDS) < _NOTE_SECONDS


def used(caller: Caller) -> None:
    """Record that a key was used, at most once a minute, because it's a write."""
    now = time.monotonic()
    if not is_noted(caller):
        _noted[caller.key_id] = now
        ApiKey.objects.filter(pk=caller.key_id).update(last_used_at=timezone.now())


def _note(action: Action, key: ApiKey, user: User | None = None, **details: str | float) -> None:
    audit.note(action, by=user, environment=key.environment, object=f"API key {key}", details=details)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
