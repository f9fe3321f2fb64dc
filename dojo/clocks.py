"""Compare this machine's clock with those of the database and Redis, which may be on other machines.

Erasures compare times from different machines: with a wrong clock, erased people could come back.
"""

import time
from collections.abc import Callable

from django.db import DatabaseError, connection
from redis import RedisError

from dojo import heartbeat

TOLERATED_SECONDS = 5.0


def differences(*, database: bool, redis: bool) -> list[str]:
    """Sentences about the clocks that differ from this machine's by more than TOLERATED_SECONDS.

    Clocks that don't answer are left out.
    """
    asked = [("the database", _of_database, database), ("Redis", _of_redis, redis)]
    found = {name: _ahead(ask) for name, ask, is_asked in asked if is_asked}
    return [
        f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {name}"
        for name, seconds in found.items()
        if abs(seconds) > TOLERATED_SECONDS
    ]


def _ahead(ask: Callable[[], float | None]) -> float:
    """The seconds by which this machine's clock is certainly ahead, given the response time; 0.0 without a response."""
    before = time.time()
    theirs = ask()
    after = time.time()
    if theirs is None:
        return 0.0
    return max(0.0, before - theirs) or min(0.0, after - theirs)


def _of_database() -> float | None:
    """The database's time in seconds since 1970; None for SQLite, which uses this machine's clock."""
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
