"""Leftovers of versions before the event index, which are removed when this version starts.

It stays in the register of stores until data folders of those versions aren't supported any more.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Final

import redis
from django.conf import settings
from django.core.cache import cache

from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Environment

_KEYS: Final = ("answer", "base")


def remove() -> None:
    """Remove the summaries of all environments and cached answers. Raises redis.RedisError."""
    shutil.rmtree(_summaries(), ignore_errors=True)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for kind in _KEYS:
            for key in client.scan_iter(match=cache.make_key(f"{kind}:*"), count=1000):
                client.unlink(key)


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove everything, without looking for people."""
    remove()


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """1 for nobody if there are any leftovers."""
    return +Counter({Person(): int(_summaries().exists())})


def _summaries() -> Path:
    return Path(settings.DATA_DIR) / "summaries"
