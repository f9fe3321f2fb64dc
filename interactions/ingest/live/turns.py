"""Take turns at the database: on SQLite, who finds it locked sleeps and looks again, and may sleep for long."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.db import connection

from interactions.files import scratch


@contextmanager
def turn() -> Iterator[None]:
    """Hold back others of the inbox, in whatever process of this machine, while one writes: the kernel wakes the next.

    It makes calls wait less; what keeps writers apart is the database's own lock.
    """
    if connection.vendor != "sqlite":
        yield
        return
    place = _lock_file(os.getpid())
    fcntl.flock(place, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(place, fcntl.LOCK_UN)


@cache
def _lock_file(_pid: int) -> int:
    """One open file a process: a forked one would share the lock with its parent."""
    return os.open(scratch() / "inbox.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
