"""What processes remember in memory of records: one register of all such caches, emptied everywhere by an erasure.

Each process that may remember something gives a sign of life in Redis and says which order to empty it has followed.
An erasure gives a new order and waits until every process that lives has followed it.
"""

from __future__ import annotations

import atexit
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

_ORDER: Final = "dojo:caches:order"
_SIGN: Final = "dojo:caches:at:"  # and the process; its value is the last order that it followed
_LOOK_SECONDS: Final = 0.5  # between two looks for an order
_DEAD_AFTER_SECONDS: Final = 15  # without a sign; one that was killed is not waited for any longer
_WAIT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Cache:
    """Something that is remembered: how to empty it, and how many things are in it now."""

    empty: Callable[[], object]
    size: Callable[[], int]


CACHES: Final[dict[str, Cache]] = {}
COPIES: Final[dict[str, Callable[[], object]]] = {}
_watching: dict[int, str] = {}  # by process id, as threads do not survive a fork
_guard = threading.Lock()


def register(name: str, empty: Callable[[], object], size: Callable[[], int]) -> None:
    """Have a cache emptied by each erasure."""
    CACHES[name] = Cache(empty, size)


def register_copies(name: str, remove: Callable[[], object]) -> None:
    """Have ``remove`` called by each erasure, on each machine: it leaves no copy there of what was erased elsewhere."""
    COPIES[name] = remove


def empty() -> None:
    """Empty all caches of this process, and remove what this machine has copies of."""
    for each in CACHES.values():
        each.empty()
    for remove in COPIES.values():
        remove()


def watch() -> None:
    """From here on this process follows orders to empty its caches. Cheap where it does already."""
    if os.getpid() in _watching:
        return
    with _guard:
        if os.getpid() in _watching:
            return
        name = _watching[os.getpid()] = f"{_SIGN}{socket.gethostname()}:{os.getpid()}"
    with suppress(redis.RedisError):  # the thread tries again
        _follow(name, -1)
    threading.Thread(target=_keep_following, args=(name,), name="caches", daemon=True).start()
    atexit.register(_leave, name)


def empty_everywhere() -> int:
    """Have every process empty its caches, and wait for it; answers how many that live have not. Raises RedisError."""
    order = int(_connect().incr(_ORDER))
    empty()
    own = _watching.get(os.getpid())
    if own is not None:
        _connect().set(own, order, ex=_DEAD_AFTER_SECONDS)
    return _waited_for(order)


def behind() -> int:
    """How many processes that live have not followed the last order, within a while. Raises RedisError.

    That may be the order of another erasure, given a moment ago.
    """
    return _waited_for(int(_connect().get(_ORDER) or 0))


def _waited_for(order: int) -> int:
    deadline = time.monotonic() + _WAIT_SECONDS
    while (left := _behind(order)) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS / 5)
    return left


def _behind(order: int) -> int:
    client = _connect()
    names = list(client.scan_iter(match=f"{_SIGN}*", count=1_000))
    signs = client.mget(names) if names else []
    return sum(sign is not None and int(sign) < order for sign in signs)


def _keep_following(name: str) -> None:
    followed = -1
    while True:
        with suppress(redis.RedisError):  # whoever erases needs Redis, too, and waits for it
            followed = _follow(name, followed)
        time.sleep(_LOOK_SECONDS)


def _follow(name: str, followed: int) -> int:
    """Empty the caches where there is an order that was not followed yet; answers the last one that was."""
    client = _connect()
    order = int(client.get(_ORDER) or 0)
    if order != followed:
        try:
            with _alive(name, followed):
                empty()
        except Exception:  # it counts as one that didn't follow, and tries again
            logger.exception("The caches of this process couldn't be emptied")
            order = followed
    client.set(name, order, ex=_DEAD_AFTER_SECONDS)
    return order


@contextmanager
def _alive(name: str, followed: int) -> Iterator[None]:
    """Say that this process lives and hasn't followed yet: copies in a store may take long to compare."""
    done = threading.Event()

    def say() -> None:
        while not done.wait(_DEAD_AFTER_SECONDS / 3):
            with suppress(redis.RedisError):
                _connect().set(name, followed, ex=_DEAD_AFTER_SECONDS)

    saying = threading.Thread(target=say, daemon=True)
    saying.start()
    try:
        yield
    finally:
        done.set()
        saying.join()


def _leave(name: str) -> None:
    with suppress(redis.RedisError):
        _connect().delete(name)


def _connect() -> Any:
    return _client(settings.REDIS_URL, os.getpid())


@cache
def _client(url: str, _: int) -> Any:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)
