"""Limit the calls that read to a few at a time per process, so that calls that send always find a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from interactions.api.errors import CallRefused

AT_ONCE: Final = 3  # of the web server's eight threads for short requests
_PATIENCE_SECONDS: Final = 2.0
_WAITING: Final = 2  # waiting calls take a thread, too

_turns = threading.BoundedSemaphore(AT_ONCE)
_line = threading.BoundedSemaphore(AT_ONCE + _WAITING)


@contextmanager
def reading() -> Iterator[None]:
    """A context for a call that reads. Raises CallRefused (503) if too many others are waiting."""
    if not _line.acquire(blocking=False):
        raise _busy()
    try:
        if not _turns.acquire(timeout=_PATIENCE_SECONDS):
            raise _busy()
        try:
            yield
        finally:
            _turns.release()
    finally:
        _line.release()


def _busy() -> CallRefused:
    text = "Too many reports are being read at this moment. Try again, one after another."
    return CallRefused(503, text, {"Retry-After": "2"})
