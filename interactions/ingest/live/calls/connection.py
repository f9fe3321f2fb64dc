"""The ring in Redis: its keys and limits, and reading it while Redis may be down.

Keys of an environment, all below ``dojo:live:{<environment>}:``

- ``order``: sorted set of ids by themselves. An id is the microsecond of its arrival here, so ids only grow.
- ``heads``: hash, id → a call without what may name people.
- ``sent:<id>``: body and problems of one call; Redis itself forgets each after its time.
- ``sizes``: sorted set of ``<id>:<bytes>`` of those, by id; ``bytes``: their sum.
- ``problems:<hour>``: hash, ``<minute> <cause>`` → how often.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import redis
from django.conf import settings

from interactions.errors import DojoError

MOST_CALLS: Final = 1000
MOST_BYTES: Final = 16 << 20
SECONDS: Final = 24 * 3600


class RingAway(DojoError):
    """The ring can't be read now."""

    def __init__(self) -> None:
        super().__init__("Redis isn't responding, so recent calls can't be shown. Calls are still accepted.")


@cache
def _client(url: str) -> Any:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)


def connect() -> Any:
    """This process's client."""
    return _client(settings.REDIS_URL)


@contextmanager
def reading() -> Iterator[Any]:
    """A client for reading. Raises RingAway if Redis doesn't respond."""
    try:
        yield connect()
    except redis.RedisError as error:
        raise RingAway from error


def key(environment: str, name: str) -> str:
    """A key of an environment's ring; the braces keep its keys on one node of a cluster."""
    return f"dojo:live:{{{environment}}}:{name}"
