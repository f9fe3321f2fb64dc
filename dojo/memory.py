"""Keep freed memory for reuse, and don't look for garbage where there is none.

Reading a block allocates and frees the same few megabytes hundreds of times. By default the C library returns each
large piece to the kernel, which zeroes it before reuse: a seventh of a block's time, by the profiler.
"""

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # of malloc.h
_KEPT_BYTES = 64 << 20
_SPARING_BYTES = 1 << 20


def share_pool() -> None:
    """Make Arrow allocate from the C library, too, once it's loaded: separate pools would keep more memory."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def keep_freed() -> None:
    """Keep up to 64 MB of freed memory in this process; does nothing if the C library doesn't support it."""
    _tell(mapped=_KEPT_BYTES // 2, kept=_KEPT_BYTES)


@contextmanager
def sparing() -> Iterator[None]:
    """Return freed memory to the system, now and whenever a large piece is freed inside the context, so that a short
    peak isn't made worse by fragmentation; afterwards ``keep_freed`` applies again.
    """
    give_back()
    _tell(mapped=_SPARING_BYTES, kept=_SPARING_BYTES)
    try:
        yield
    finally:
        keep_freed()


@contextmanager
def uncollected() -> Iterator[None]:
    """Don't look for reference cycles inside the context, for work that makes many objects, but no cycles."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _tell(*, mapped: int, kept: int) -> None:
    """Have pieces from ``mapped`` bytes on taken from the kernel one by one, and so many ``kept`` of all others."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, mapped)
        mallopt(_M_TRIM_THRESHOLD, kept)
        mallopt(_M_TOP_PAD, 4 << 20)


def give_back() -> None:
    """Return freed memory to the system before something else needs it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
