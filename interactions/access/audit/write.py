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
    """The holder of an API key that makes a call: see interactions.access.keys."""

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
    """Set the actor for entries logged inside the context. A str is the name of a command."""
    with _as(Actor(*_named(by), address=address)) as actor:
        yield actor


@contextmanager
def visiting(address: str) -> Iterator[Actor]:
    """The same for a browser's request, which is anonymous until :func:`identify` is called."""
    with _as(Actor(ActorKind.NOBODY, address=address)) as actor:
        yield actor


def identify(user: User) -> None:
    """Set the user who acts in this request."""
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
    """Add an entry. ``by`` and ``address`` default to those of :func:`acting`, or else to Dojo itself.

    ``details`` are for reading: numbers, texts, or lists of them. They must not contain ids of people in the data, only
    keyed hashes. In a transaction, the entry is committed with the rest.
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
    """The id shared by all entries about one object whose steps come from several processes, such as an import."""
    return uuid.uuid5(_NAMESPACE, f"{thing} {pk}")


def client_address(request: HttpRequest) -> str:
    """The client's IP address. The proxy's header is trusted only if a proxy is configured (BEHIND_HTTPS).

    The last address in ``X-Forwarded-For`` counts: our proxy added it, while the client can forge the others.
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
            # Key 0 is for the API page, which uses a log-in instead of a key.
            return ActorKind.KEY, by.key_id or None, f"{by.name} ({by.prefix}…)" if by.prefix else by.name
        case str():
            return ActorKind.COMMAND, None, by
    return ActorKind.SYSTEM, None, ""
