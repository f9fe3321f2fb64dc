"""How often a log-in failed: who has tried a name too often from one address is refused for a while.

Counted in Redis for all web processes together, under a keyed hash, so that neither name nor address stands there.
Where Redis is away nobody is refused. Another address is not touched: nobody can lock somebody else out.
"""

from __future__ import annotations

import logging
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from interactions.activity import client_address

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
    """Whether too many tries for this name failed from where the request comes from."""
    limit: int = settings.LOG_IN_FAILURES
    try:
        return bool(limit) and int(cache.get(_place(request, username), 0)) >= limit
    except _AWAY as error:
        log.warning("Log-ins are not counted while Redis is away: %s", type(error).__name__)
        return False


def failed(request: HttpRequest, username: str) -> int:
    """Count one that failed: the how manyeth it is, 0 where that is not known."""
    place = _place(request, username)
    try:
        cache.add(place, 0, MINUTES * 60)
        return int(cache.incr(place))
    except (*_AWAY, ValueError):  # it was forgotten between the two
        return 0


def succeeded(request: HttpRequest, username: str) -> None:
    """Begin to count anew."""
    try:
        cache.delete(_place(request, username))
    except _AWAY as error:
        log.warning("Log-ins are not counted while Redis is away: %s", type(error).__name__)


def _place(request: HttpRequest, username: str) -> str:
    who = salted_hmac("log-in", f"{client_address(request)} {username.casefold()}").hexdigest()
    return f"log-in:{who}"
