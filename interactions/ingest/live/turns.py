"""Take turns writing to SQLite, where a writer that finds the database locked sleeps and retries, possibly for long."""

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
    """One writer of the inbox at a time on this machine: the kernel wakes the next one.

    This only shortens waiting; correctness comes from the database's own lock.
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
    """One open file per process, because a forked process would share the lock with its parent."""
    return os.open(scratch() / "inbox.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
