"""Keep memory that is about to be used again.

Reading a block takes and frees the same few megabytes hundreds of times. By default the C library gives each large
piece back to the kernel, which clears it before it hands it out again: a seventh of a block's time, by the profiler.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # of malloc.h
_KEPT_BYTES = 64 << 20
_SPARING_BYTES = 1 << 20


def share_pool() -> None:
    """Have Arrow take its memory from the C library, too, once it is loaded: a pool of its own keeps more apart."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def keep_freed() -> None:
    """Let this process keep up to 64 MB of freed memory; without a C library that can be told so, do nothing."""
    _tell(mapped=_KEPT_BYTES // 2, kept=_KEPT_BYTES)


@contextmanager
def sparing() -> Iterator[None]:
    """Return to the system what is freed and kept, and from now on each large piece the moment it is freed, so that
    what takes much memory for a short time does not take more for the gaps between; ``keep_freed`` again after it."""
    give_back()
    _tell(mapped=_SPARING_BYTES, kept=_SPARING_BYTES)
    try:
        yield
    finally:
        keep_freed()


def _tell(*, mapped: int, kept: int) -> None:
    """Have pieces from ``mapped`` bytes on taken from the kernel one by one, and so many ``kept`` of all others."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, mapped)
        mallopt(_M_TRIM_THRESHOLD, kept)
        mallopt(_M_TOP_PAD, 4 << 20)


def give_back() -> None:
    """Return what is freed and kept to the system, before something else has need of memory."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
