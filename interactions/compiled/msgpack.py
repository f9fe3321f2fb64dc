"""Write MessagePack (https://msgpack.org) from JSON strings and from numbers. Compiled by Numba.

Each function writes at the place ``o`` of ``out`` and returns the place after.
"""

from __future__ import annotations

from interactions.compiled.jit import compiled
from interactions.compiled.json_text import copy_string, utf8_size


@compiled
def _big(value, count, out, o):
    """Write a number as ``count`` bytes, big-endian."""
    for k in range(count):
        out[o + k] = (value >> (8 * (count - 1 - k))) & 0xFF
    return o + count


@compiled
def put_string(text, start, end, out, o):
    size = utf8_size(text, start, end)
    if size < 32:
        out[o] = 0xA0 | size
        o += 1
    elif size < 1 << 8:
        out[o] = 0xD9
        o = _big(size, 1, out, o + 1)
    elif size < 1 << 16:
        out[o] = 0xDA
        o = _big(size, 2, out, o + 1)
    else:
        out[o] = 0xDB
        o = _big(size, 4, out, o + 1)
    return copy_string(text, start, end, out, o)


@compiled
def put_list(count, out, o):
    if count < 16:
        out[o] = 0x90 | count
        return o + 1
    if count < 1 << 16:
        out[o] = 0xDC
        return _big(count, 2, out, o + 1)
    out[o] = 0xDD
    return _big(count, 4, out, o + 1)


@compiled
def put_map(count, most, out, o):
    """Write the header of a map of ``count`` fields. Its format depends on ``most``, the possible number of fields, not
    on ``count``."""
    if most < 16:
        out[o] = 0x80 | count
        return o + 1
    out[o] = 0xDE
    return _big(count, 2, out, o + 1)


@compiled
def put_time(time, out, o):
    seconds = time // 1_000_000
    nanoseconds = (time - seconds * 1_000_000) * 1_000
    if seconds >> 34:
        out[o], out[o + 1], out[o + 2] = 0xC7, 0x0C, 0xFF
        return _big(seconds, 8, out, _big(nanoseconds, 4, out, o + 3))
    if nanoseconds or seconds >> 32:
        out[o], out[o + 1] = 0xD7, 0xFF
        return _big((nanoseconds << 34) | seconds, 8, out, o + 2)
    out[o], out[o + 1] = 0xD6, 0xFF
    return _big(seconds, 4, out, o + 2)


@compiled
def put_number(bits, out, o):
    out[o] = 0xCB
    return _big(bits, 8, out, o + 1)
