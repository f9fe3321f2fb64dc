"""Hash the content of many records in one go, without an object for each of them."""

from __future__ import annotations

import ctypes
import platform
import sys
from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import xxhash

from interactions.codec.scanner import gather
from interactions.contract import fingerprint

_RETURN_TWO_WORDS = ("x86_64", "aarch64", "arm64")  # in registers, which ``lanes.hash128`` counts on


def _address() -> int:
    """Where XXH3_128bits lies in the library that Python's xxhash is; 0 where it cannot be called as it stands."""
    if sys.platform not in ("linux", "darwin") or platform.machine() not in _RETURN_TWO_WORDS:
        return 0
    library = find_spec("xxhash._xxhash")
    try:
        function = ctypes.CDLL(library.origin if library else None).XXH3_128bits
    except (OSError, AttributeError):  # built without it
        return 0
    return ctypes.cast(function, ctypes.c_void_p).value or 0


_FUNCTION = _address()


def fingerprints(content: np.ndarray, ends: np.ndarray, by_uuid: np.ndarray) -> pa.Array:
    """The fingerprints of records, as binary values of 16 bytes, from what is hashed of each, one after the other, and
    the place after each; ``by_uuid`` says which of them are uuids."""
    if _FUNCTION:
        values = np.empty(fingerprint.SIZE * len(ends), np.uint8)
        gather.hashed(_FUNCTION, content, ends, len(ends), values)
    else:
        values = np.frombuffer(_one_by_one(content, ends), np.uint8)
    return fingerprint.marked(values, by_uuid)


def _one_by_one(content: np.ndarray, ends: np.ndarray) -> bytearray:
    view, found, start = memoryview(content.data), bytearray(), 0
    for end in ends.tolist():
        found += xxhash.xxh3_128_digest(view[start:end])
        start = end
    return found
