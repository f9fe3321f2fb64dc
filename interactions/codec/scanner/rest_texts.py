"""Number the distinct rests of records: their fields beyond those of ``layout``.

Compiled by Numba. A rest is copied without parsing it; ``rest`` parses each distinct one.
"""

from __future__ import annotations

import numpy as np

from interactions.compiled.jit import compiled
from interactions.compiled.json_text import copy_bytes
from interactions.compiled.known_texts import remember

FIRST_KIND = 0x30  # kinds of objects are written as digits


@compiled
def write(text, unknown, offsets, rows, out, places, counts, buckets, codes):
    """Write the distinct rests of some rows to ``out``, and each row's index to ``codes`` (-1 without one).

    For each field, the kind of its object, its key and value, and a zero byte (which JSON never contains) are written.
    ``places``, ``counts`` and ``buckets`` are like those of ``found.ScannedColumns``, for one slot.
    """
    counts[0] = 0
    buckets[0, :] = -1
    o = np.int64(0)
    for row in range(rows):
        codes[row] = -1
        end, keys = o, 0
        for item in range(offsets[row], offsets[row + 1]):
            start = np.int64(unknown[item, 1])
            out[end] = FIRST_KIND + unknown[item, 0]
            end = copy_bytes(text, start, unknown[item, 2] - start, out, end + 1)
            out[end] = 0
            end += 1
            keys += unknown[item, 3]
        if end > o:
            known = counts[0]
            codes[row] = remember(out, o, end, keys, places, counts, buckets, 0)
            if counts[0] > known:
                o = end
