"""XXH3-128 of many texts at once, by calling the C library inside Python's xxhash, without an object for each text."""

from __future__ import annotations

import ctypes
import platform
import sys
from importlib.util import find_spec

import numpy as np
import xxhash

from interactions.compiled import lanes
from interactions.compiled.jit import compiled

SIZE = 16  # bytes of a digest
_RETURN_TWO_WORDS = ("x86_64", "aarch64", "arm64")  # in registers, which ``lanes.hash128`` relies on


def _address() -> int:
    """The address of XXH3_128bits in the library of Python's xxhash; 0 if it can't be called directly."""
    if sys.platform not in ("linux", "darwin") or platform.machine() not in _RETURN_TWO_WORDS:
        return 0
    library = find_spec("xxhash._xxhash")
    try:
        function = ctypes.CDLL(library.origin if library else None).XXH3_128bits
    except (OSError, AttributeError):  # built without it
        return 0
    return ctypes.cast(function, ctypes.c_void_p).value or 0


_FUNCTION = _address()


def digests(content: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The digests, SIZE bytes each, of texts that follow each other in ``content``; ``ends`` has the place after
    each."""
    if not _FUNCTION:
        return _one_by_one(content, ends)
    out = np.empty(SIZE * len(ends), np.uint8)
    _write(_FUNCTION, content, ends, out)
    return out


@compiled
def _write(address, content, ends, out):
    start = np.int64(0)
    for row in range(len(ends)):
        low, high = lanes.hash128(address, content, start, ends[row] - start)
        for k in range(8):  # big-endian
            out[SIZE * row + k] = (high >> np.uint64(56 - 8 * k)) & np.uint64(0xFF)
            out[SIZE * row + 8 + k] = (low >> np.uint64(56 - 8 * k)) & np.uint64(0xFF)
        start = ends[row]


def _one_by_one(content: np.ndarray, ends: np.ndarray) -> np.ndarray:
    view, found, start = memoryview(content.data), bytearray(), 0
    for end in ends.tolist():
        found += xxhash.xxh3_128_digest(view[start:end])
        start = end
    return np.frombuffer(found, np.uint8)
