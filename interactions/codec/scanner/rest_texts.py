"""Write what of a record no field of ``layout`` holds as one JSON object, and number the different ones: what of its
context the contract does not name, and which objects had nothing in them.

Compiled by Numba, as ``scanning`` is. What is written is the text as it came, unread but for its brackets and strings:
``rest`` reads each different one.
"""

from __future__ import annotations

import numpy as np

from interactions.codec.scanner import layout
from interactions.codec.scanner.gather import SLACK, copy_bytes
from interactions.codec.scanner.known_texts import remember
from interactions.codec.scanner.layout import CAMPAIGN, CONTEXT, NAME, NAME_SIZE, PAGE, RECORD, SEARCH
from interactions.compiled.jit import compiled

_CONTEXT, _SEARCH = (layout.NAMES[RECORD].index(name) for name in ("context", "search"))
_PAGE, _CAMPAIGN = (layout.NAMES[CONTEXT].index(name) for name in ("page", "campaign"))
_MORE = 2 + 4 * (layout.LONGEST_NAME + 6)  # bytes of an object beyond the fields in it, at most


@compiled
def _put(byte, out, o):
    out[o] = byte
    return o + 1


@compiled
def _close(out, o):
    """End an object, over the comma behind its last field; answers the place after it."""
    o -= out[o - 1] == 0x2C
    return _put(0x7D, out, o)


@compiled
def _fields(text, unknown, first, last, holder, out, o):
    """Write those fields from ``first`` on, before ``last``, that stood in an object of the kind ``holder``, each with
    a comma behind it; answers the place after them, how many keys are in them, and whether there was such an object."""
    keys, there = 0, False
    for item in range(first, last):
        if unknown[item, 0] == holder:
            there = True
            start, end = np.int64(unknown[item, 1]), np.int64(unknown[item, 2])
            if start < end:
                o = _put(0x2C, out, copy_bytes(text, start, end - start, out, o))
                keys += unknown[item, 3]
    return o, keys, there


@compiled
def _object(text, unknown, first, last, holder, kind, field, out, o):
    """Write an object of the kind ``holder`` with its fields and a comma behind it, as that field of another kind;
    answers the place after it and the keys in it with its own. Where there was no such object, nothing."""
    start = o
    o = copy_bytes(NAME[kind, field], 0, NAME_SIZE[kind, field], out, _put(0x22, out, o))
    o = _put(0x7B, out, _put(0x3A, out, _put(0x22, out, o)))
    o, keys, there = _fields(text, unknown, first, last, holder, out, o)
    return (_put(0x2C, out, _close(out, o)), 1 + keys) if there else (start, 0)


@compiled
def _context(text, unknown, first, last, out, o):
    """The same for a context and the objects within it."""
    start = o
    o = copy_bytes(NAME[RECORD, _CONTEXT], 0, NAME_SIZE[RECORD, _CONTEXT], out, _put(0x22, out, o))
    o = _put(0x7B, out, _put(0x3A, out, _put(0x22, out, o)))
    o, keys, there = _fields(text, unknown, first, last, CONTEXT, out, o)
    o, of_page = _object(text, unknown, first, last, PAGE, CONTEXT, _PAGE, out, o)
    o, of_campaign = _object(text, unknown, first, last, CAMPAIGN, CONTEXT, _CAMPAIGN, out, o)
    keys += of_page + of_campaign
    return (_put(0x2C, out, _close(out, o)), 1 + keys) if there or keys else (start, 0)


@compiled
def _write(text, unknown, first, last, out, o):
    """Write what a record holds beyond its fields; answers the place after it, and how many keys are in it."""
    o, of_context = _context(text, unknown, first, last, out, _put(0x7B, out, o))
    o, of_search = _object(text, unknown, first, last, SEARCH, RECORD, _SEARCH, out, o)
    return _close(out, o), of_context + of_search


@compiled
def write(text, unknown, offsets, rows, out, places, counts, buckets, codes):
    """Write the different ones of some rows into ``out``, one after the other, and each row's number into ``codes``
    (-1: it has none). ``places`` as ``found.Found.raws``, of one slot; ``counts`` and ``buckets`` likewise."""
    counts[0] = 0
    buckets[0, :] = -1
    o = np.int64(0)
    for row in range(rows):
        first, last = offsets[row], offsets[row + 1]
        if first == last:
            codes[row] = -1
            continue
        end, keys = _write(text, unknown, first, last, out, o)
        known = counts[0]
        codes[row] = remember(out, o, end, keys, places, counts, buckets, 0)
        if counts[0] > known:
            o = end


def room(size: int, rows: int) -> int:
    """Bytes that those of so many rows need at most, whose fields take ``size``."""
    return size + rows * _MORE + SLACK
