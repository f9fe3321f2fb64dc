"""Whether this machine's clock agrees with those of the database and of Redis, which may be on other machines.

Erasures compare times that different machines wrote down: a clock that is off would let people back in.
"""

import time
from collections.abc import Callable

from django.db import DatabaseError, connection
from redis import RedisError

from dojo import heartbeat

TOLERATED_SECONDS = 5.0


def differences(*, database: bool, redis: bool) -> list[str]:
    """In words, each of these clocks from which this machine's differs by more than TOLERATED_SECONDS.

    One that doesn't answer isn't named.
    """
    asked = [("the database", _of_database, database), ("Redis", _of_redis, redis)]
    found = {name: _ahead(ask) for name, ask, is_asked in asked if is_asked}
    return [
        f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {name}"
        for name, seconds in found.items()
        if abs(seconds) > TOLERATED_SECONDS
    ]


def _ahead(ask: Callable[[], float | None]) -> float:
    """Seconds by which this machine's clock is ahead at least, however long the answer took; 0.0 without an answer."""
    before = time.time()
    theirs = ask()
    after = time.time()
    if theirs is None:
        return 0.0
    return max(0.0, before - theirs) or min(0.0, after - theirs)


def _of_database() -> float | None:
    """Its time in seconds since 1970; None for SQLite, which has no clock of its own."""
    if connection.vendor != "postgresql":
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            return float(cursor.fetchone()[0])
    except DatabaseError:
        return None


def _of_redis() -> float | None:
    try:
        with heartbeat.connect() as client:
            return heartbeat.now(client)
    except RedisError:
        return None
