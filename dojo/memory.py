"""Keep memory that is about to be used again.

Reading a block takes and frees the same few megabytes hundreds of times. By default the C library gives each large
piece back to the kernel, which clears it before it hands it out again: a seventh of a block's time, by the profiler.
"""

import ctypes

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # of malloc.h
_KEPT_BYTES = 64 << 20


def keep_freed() -> None:
    """Let this process keep up to 64 MB of freed memory; without a C library that can be told so, do nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES // 2)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_TOP_PAD, 4 << 20)
