"""The version of a table in an object store, as last reported to Redis; a report is valid for seconds.

Pages trust it, so that they don't wait for the store. Commits, erasures and the process ``index`` ask the store itself.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from typing import Any, Final

import redis
from django.conf import settings

_KEY: Final = "dojo:table:"
_SECONDS: Final = 5  # the process index looks each second


def say(address: str, version: int) -> None:
    """Report the version of the table at ``address``."""
    with suppress(redis.RedisError):
        _client().set(_KEY + address, version, ex=_SECONDS)


def said(address: str) -> int | None:
    """The version; None if nobody reported it lately, or Redis is down."""
    with suppress(redis.RedisError):
        found = _client().get(_KEY + address)
        return None if found is None else int(found)
    return None


def _client() -> Any:
    return _connected(settings.REDIS_URL, os.getpid())


@cache
def _connected(url: str, _: int) -> Any:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
