"""Number the different rests of records: what they hold beyond the fields of ``layout``.

Compiled by Numba, as ``scan`` is. A rest is written as the fields came, unread: ``rest`` reads each different one.
"""

from __future__ import annotations

import numpy as np

from interactions.compiled.jit import compiled
from interactions.compiled.json_text import SLACK, copy_bytes
from interactions.compiled.known_texts import remember

FIRST_KIND = 0x30  # so a kind of object is a digit


@compiled
def write(text, unknown, offsets, rows, out, places, counts, buckets, codes):
    """Write the different ones of some rows into ``out``, one after the other, and each row's number into ``codes``
    (-1: it has none): of each field the kind of object that it stood in, key and value, and a zero byte, which JSON
    never holds. ``places`` as ``found.Found.raws``, of one slot; ``counts`` and ``buckets`` likewise."""
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


def room(size: int, fields: int) -> int:
    """Bytes that so many fields of ``size`` bytes in all need."""
    return size + 2 * fields + SLACK
