"""Limit failed log-ins: after too many from one IP address, for one user name or in total, further ones are refused for
a while.

Failures are counted in Redis for all web processes, under a keyed hash of name and address. If Redis is down, nobody is
refused. Other addresses aren't affected, so nobody can lock out someone else.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from interactions.access.audit import client_address

MINUTES: Final = 15
_AWAY: Final = (RedisError, OSError)

log = logging.getLogger(__name__)


class Limit:
    """An authentication backend that never authenticates anybody: it comes first, to refuse log-ins after too many
    failures.
    """

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **_: object) -> None:
        """Raises PermissionDenied, which stops Django from trying further backends: the password isn't checked."""
        if request is not None and username and is_refused(request, username):
            raise PermissionDenied


def is_refused(request: HttpRequest, username: str) -> bool:
    """Whether there were too many failures from the request's address, for this user name or in total."""
    try:
        return any(limit and int(cache.get(place, 0)) >= limit for place, limit in _counted(request, username))
    except _AWAY as error:
        log.warning("Log-ins aren't counted while Redis is down: %s", type(error).__name__)
        return False


@dataclass(frozen=True, slots=True)
class Failure:
    """``refuses``: this failure reached the limit. ``is_over``: the limit was reached before."""

    refuses: bool = False
    is_over: bool = False


def failed(request: HttpRequest, username: str) -> Failure:
    """Count a failed log-in."""
    try:
        counts = [(limit, _counted_up(place)) for place, limit in _counted(request, username)]
    except (*_AWAY, ValueError):  # it expired between the two calls
        return Failure()
    return Failure(
        refuses=any(limit and count == limit for limit, count in counts),
        is_over=any(limit and count > limit for limit, count in counts),
    )


def succeeded(request: HttpRequest, username: str) -> None:
    """Reset the count of the user name; not that of the address, or a log-in of one's own would allow unlimited
    attempts at others.
    """
    try:
        cache.delete(_place(request, username))
    except _AWAY as error:
        log.warning("Log-ins aren't counted while Redis is down: %s", type(error).__name__)


def _counted(request: HttpRequest, username: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """The cache keys and limits for the user name and for the address."""
    return (
        (_place(request, username), settings.LOG_IN_FAILURES),
        (_place(request), settings.LOG_IN_FAILURES_OF_ADDRESS),
    )


def _counted_up(place: str) -> int:
    cache.add(place, 0, MINUTES * 60)
    return int(cache.incr(place))


def _place(request: HttpRequest, username: str = "") -> str:
    who = salted_hmac("log-in", f"{client_address(request)} {username.casefold()}").hexdigest()
    return f"log-in:{who}"
