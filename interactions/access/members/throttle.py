"""How often a log-in failed: who has tried a name too often from one address, or many names, is refused for a while.

Counted in Redis for all web processes together, under a keyed hash, so that neither name nor address stands there.
Where Redis is away nobody is refused. Another address is not touched: nobody can lock somebody else out.
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
    """A backend of Django's log-ins that lets nobody in: it stands before the one that does, to end too many tries."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **_: object) -> None:
        """Raises PermissionDenied, at which Django asks no further backend: the password is not looked at."""
        if request is not None and username and is_refused(request, username):
            raise PermissionDenied


def is_refused(request: HttpRequest, username: str) -> bool:
    """Whether too many tries failed from where the request comes from: for this name, or for any names together."""
    try:
        return any(limit and int(cache.get(place, 0)) >= limit for place, limit in _counted(request, username))
    except _AWAY as error:
        log.warning("Log-ins are not counted while Redis is away: %s", type(error).__name__)
        return False


@dataclass(frozen=True, slots=True)
class Failure:
    """``refuses``: it was the last try that was let through. ``is_over``: it was not let through."""

    refuses: bool = False
    is_over: bool = False


def failed(request: HttpRequest, username: str) -> Failure:
    """Count one that failed."""
    try:
        counts = [(limit, _counted_up(place)) for place, limit in _counted(request, username)]
    except (*_AWAY, ValueError):  # it was forgotten between the two
        return Failure()
    return Failure(
        refuses=any(limit and count == limit for limit, count in counts),
        is_over=any(limit and count > limit for limit, count in counts),
    )


def succeeded(request: HttpRequest, username: str) -> None:
    """Begin to count the name anew; not the address, whose own log-in would else let it try others forever."""
    try:
        cache.delete(_place(request, username))
    except _AWAY as error:
        log.warning("Log-ins are not counted while Redis is away: %s", type(error).__name__)


def _counted(request: HttpRequest, username: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """Where the failures of the name are counted and the limit, and the same of the address."""
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
