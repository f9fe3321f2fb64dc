"""Hash miso_ids."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from interactions.analytics.index.loops import compiled

_NOTHING: Final = bytes(1)
_FIRST: Final = -7046029254386353131
_SECOND: Final = -4658895280553007687


def results_of(ids: pa.StringArray) -> np.ndarray:
    """A hash of each UUID (int64), regardless of its spelling; 0 for null."""
    found = np.zeros(len(ids), np.int64)
    if ids.null_count < len(ids):
        _, places, text = ids.buffers()
        offsets = np.frombuffer(places, np.int32)[ids.offset : ids.offset + len(ids) + 1]
        valid = ids.is_valid().to_numpy(zero_copy_only=False)
        hash_uuids(np.frombuffer(text or _NOTHING, np.uint8), offsets, valid, found)
    return found


@compiled
def hash_uuids(text: Any, offsets: Any, valid: Any, found: Any) -> None:
    """Read the hexadecimal digits, ignoring other characters, as 64-bit numbers, and mix these into one."""
    for row in range(len(found)):
        if not valid[row]:
            continue
        mixed = word = digits = 0
        for place in range(offsets[row], offsets[row + 1]):
            byte = text[place]
            if byte >= 97:
                byte -= 32
            if 48 <= byte <= 57:
                digit = byte - 48
            elif 65 <= byte <= 70:
                digit = byte - 55
            else:
                continue
            word = (word << 4) | digit
            digits += 1
            if digits % 16 == 0:
                mixed = (mixed ^ word) * _FIRST
                mixed = (mixed ^ ((mixed >> 32) & 0xFFFFFFFF)) * _SECOND
                mixed ^= (mixed >> 29) & 0x7FFFFFFFF
                word = 0
        found[row] = 1 if mixed == 0 else mixed
