"""The sessions of a user, one for each browser in which they are logged in."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.members.sessions import end_sessions

_NOTE_SECONDS: Final = 300.0
_MOST_NOTED: Final = 10_000  # bounds the memory
_noted: dict[str, float] = {}  # when this process last noted each session's use

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListedSession:
    """``place`` is a network, as whole addresses aren't kept; empty where none is known."""

    id: int
    device: str
    place: str
    last_used_at: datetime
    is_current: bool


def used(request: HttpRequest, user: User) -> None:
    """Note from where and when a session was used, at most once in five minutes, because it's a write."""
    key, now = request.session.session_key, monotonic()
    if not key or now - _noted.get(key, -inf) < _NOTE_SECONDS:
        return
    if len(_noted) >= _MOST_NOTED:
        _noted.clear()
    _noted[key] = now
    seen = {
        "ip": network(audit.client_address(request)),
        "user_agent": request.headers.get("User-Agent", "")[:200],
        "last_seen_at": timezone.now(),
    }
    try:
        if not UserSession.objects.filter(session_key=key).update(user=user, **seen):
            UserSession.objects.bulk_create([UserSession(session_key=key, user=user, **seen)], ignore_conflicts=True)
    except DatabaseError as error:  # say on a full disk: the page is shown all the same
        log.warning("The use of a session isn't noted: %s", type(error).__name__)


@receiver(pre_save, sender=UserSession)
def _coarse(instance: UserSession, **_: Any) -> None:
    """allauth makes rows by itself, with whole addresses."""
    instance.ip = network(instance.ip)


def network(address: str) -> str:
    """The first address of the network that an address is in: of 256 neighbours, or of a /48 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "0.0.0.0"  # noqa: S104 - no address
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False).network_address)


def listed(request: HttpRequest, user: User) -> list[ListedSession]:
    """The sessions of a user, this one first, then by their last use."""
    current = request.session.session_key
    rows = [
        ListedSession(
            row.pk, _device(row.user_agent), _place(row.ip), row.last_seen_at, is_current=row.session_key == current
        )
        for row in UserSession.objects.purge_and_list(user)
    ]
    rows.sort(key=lambda row: row.last_used_at, reverse=True)
    return sorted(rows, key=lambda row: not row.is_current)


def end(request: HttpRequest, user: User, pk: int) -> bool:
    """End another session of a user; False if it's gone already, or somebody else's."""
    row = UserSession.objects.filter(user=user, pk=pk).exclude(session_key=request.session.session_key).first()
    if row is None:
        return False
    row.end()
    audit.note(Action.SESSION_ENDED, by=user, details={"sessions": 1})
    return True


def end_others(request: HttpRequest, user: User) -> int:
    """End all sessions of a user but the one of the request; returns how many."""
    ended = end_sessions(user, but=request.session.session_key or "")
    if ended:
        audit.note(Action.SESSION_ENDED, by=user, details={"sessions": ended})
    return ended


@receiver(authenticator_added)
def _second_factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Sessions that began with a password alone end."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        end_others(request, user)


def _place(ip: str) -> str:
    address = ipaddress.ip_address(ip)
    return "" if address.is_unspecified else f"{address}/{24 if address.version == 4 else 48}"


def _device(user_agent: str) -> str:
    from ua_parser import parse  # its rules take a moment to load

    found = parse(user_agent)
    browser = found.user_agent.family if found and found.user_agent else "Unknown browser"
    return f"{browser} on {found.os.family}" if found and found.os else browser
