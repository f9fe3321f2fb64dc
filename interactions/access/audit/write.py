"""Add entries to the activity log."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from interactions.models import ActivityEntry, ApiKey, Environment

Action = ActivityEntry.Action
ActorKind = ActivityEntry.ActorKind
_NAMESPACE: Final = uuid.UUID("6b7d4a0e-6f0c-4d3e-9a55-0f3f4a2b9d11")


@runtime_checkable
class KeyHolder(Protocol):
    """Whoever calls the API with a key: see interactions.access.keys."""

    @property
    def key_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def prefix(self) -> str: ...


By: TypeAlias = User | ApiKey | KeyHolder | str


@dataclass(slots=True)
class Actor:
    """Who acts, and from where."""

    kind: ActorKind = ActorKind.SYSTEM
    id: int | None = None
    name: str = ""
    address: str = ""
    shared: uuid.UUID = field(default_factory=uuid.uuid4)


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


@contextmanager
def acting(by: By | None, address: str = "") -> Iterator[Actor]:
    """Whoever notes something within, without naming an actor, means ``by``: a text names a command."""
    with _as(Actor(*_named(by), address=address)) as actor:
        yield actor


@contextmanager
def visiting(address: str) -> Iterator[Actor]:
    """The same for a request of a browser: of nobody, until :func:`identify` says whose it is."""
    with _as(Actor(ActorKind.NOBODY, address=address)) as actor:
        yield actor


def identify(user: User) -> None:
    """From here on it is ``user`` who acts in this request."""
    if actor := _acting.get():
        actor.kind, actor.id, actor.name = _named(user)


@contextmanager
def _as(actor: Actor) -> Iterator[Actor]:
    token = _acting.set(actor)
    try:
        yield actor
    finally:
        _acting.reset(token)


def note(
    action: Action,
    *,
    by: By | None = None,
    environment: Environment | None = None,
    object: str = "",  # noqa: A002 - the log's own word
    address: str = "",
    details: dict[str, Any] | None = None,
    shared: uuid.UUID | None = None,
) -> ActivityEntry:
    """Add an entry. Without ``by`` and ``address`` they are those of :func:`acting`, else Dojo itself.

    ``details`` are for people to read, so values are numbers, texts or lists of them; never an id of somebody in the
    data, only its keyed hash. Within a transaction the entry is kept exactly if the rest is.
    """
    now = _acting.get() or Actor(shared=uuid.uuid4())
    kind, id_, name = (now.kind, now.id, now.name) if by is None else _named(by)
    return ActivityEntry.objects.create(
        action=action,
        actor_kind=kind,
        actor_id=id_,
        actor=name[:200],
        environment=environment,
        object=object[:300],
        address=(address or now.address)[:45],
        details=details or {},
        shared=shared or now.shared,
    )


def shared_by(thing: str, pk: int) -> uuid.UUID:
    """The id shared by all entries about one thing whose steps come from several processes, such as an import."""
    return uuid.uuid5(_NAMESPACE, f"{thing} {pk}")


def client_address(request: HttpRequest) -> str:
    """Where a request comes from. What a proxy says of it is believed only where one is configured (BEHIND_HTTPS).

    Of the addresses in ``X-Forwarded-For`` the last one counts: our proxy added it, whoever called wrote the others.
    """
    if settings.BEHIND_HTTPS:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:45]
    return str(request.META.get("REMOTE_ADDR") or "")[:45]


def _named(by: By | None) -> tuple[ActorKind, int | None, str]:
    match by:
        case User():
            return ActorKind.USER, by.pk, by.get_username()
        case ApiKey():
            return ActorKind.KEY, by.pk, f"{by.name} ({by.prefix}…)"
        case KeyHolder():
            # Key 0 is the API page's: a log-in stands in for a key.
            return ActorKind.KEY, by.key_id or None, f"{by.name} ({by.prefix}…)" if by.prefix else by.name
        case str():
            return ActorKind.COMMAND, None, by
    return ActorKind.SYSTEM, None, ""
