"""Copy what ``scanning`` has found out of the text: strings as Arrow keeps them, and records as they are hashed.

Compiled by Numba, as ``scanning`` is. Strings are copied by whole lanes: what they are copied into needs SLACK bytes
more than they have, and so does what they are copied from.
"""

from __future__ import annotations

import numpy as np

from interactions.codec.scanner import layout
from interactions.codec.scanner.layout import RECORD
from interactions.compiled import lanes
from interactions.compiled.hex_digits import hexadecimal
from interactions.compiled.jit import compiled

SLACK = lanes.WIDTH
_SHORT = np.zeros(256, np.uint8)  # what the short escapes stand for
for _letter, _meant in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    _SHORT[_letter] = _meant


@compiled
def _code(text, i):
    """The character that an escape beginning at ``i`` means, and the place after it."""
    if text[i + 1] != 0x75:
        return np.int64(_SHORT[text[i + 1]]), i + 2
    code = hexadecimal(text, i + 2)
    if code < 0xD800 or code > 0xDFFF:
        return code, i + 6
    return 0x10000 + ((code - 0xD800) << 10) + hexadecimal(text, i + 8) - 0xDC00, i + 12


@compiled
def _size(text, start, end):
    """The bytes of a string as UTF-8; ``start`` is inverted where escapes are in it."""
    if start >= 0:
        return end - start
    i, size = ~start, 0
    while i < end:
        if text[i] != 0x5C:
            i += 1
            size += 1
            continue
        code, i = _code(text, i)
        size += 1 + (code > 0x7F) + (code > 0x7FF) + (code > 0xFFFF)
    return size


@compiled
def copy_bytes(text, start, size, out, o):
    for k in range(0, size, lanes.WIDTH):
        lanes.copy(text, start + k, out, o + k)
    return o + size


@compiled
def _copy(text, start, end, out, o):
    """Write a string as UTF-8; answers the place after it."""
    if start >= 0:
        return copy_bytes(text, start, end - start, out, o)
    i = ~start
    while i < end:
        if text[i] != 0x5C:
            out[o] = text[i]
            i += 1
            o += 1
            continue
        code, i = _code(text, i)
        if code <= 0x7F:
            out[o] = code
            o += 1
            continue
        more = 1 + (code > 0x7FF) + (code > 0xFFFF)
        out[o] = (0xC0, 0xE0, 0xF0)[more - 1] | (code >> (6 * more))
        for k in range(more):
            out[o + 1 + k] = 0x80 | ((code >> (6 * (more - 1 - k))) & 0x3F)
        o += 1 + more
    return o


@compiled
def strings(text, found, columns, rows, out, places, offsets, valid, nulls):
    """Columns of strings, one after the other in ``out``: Arrow's offsets and bitmap of each, its number of nulls, and
    the place after it; ``columns`` has the kind, the field's bit and the slot of each."""
    o = np.int64(0)
    for column in range(columns.shape[0]):
        kind, bit, slot = columns[column, 0], np.int32(columns[column, 1]), columns[column, 2]
        base, missing = o, 0
        offsets[column, 0] = 0
        for byte in range((rows + 7) // 8):
            valid[column, byte] = 0
        for row in range(rows):
            if found.has[kind, row] & bit:
                valid[column, row >> 3] |= np.uint8(1 << (row & 7))
                o = _copy(text, found.starts[slot, row], found.ends[slot, row], out, o)
            else:
                missing += 1
            offsets[column, row + 1] = o - base
        nulls[column] = missing
        places[column] = o


@compiled
def items(text, starts, ends, count, out, o, offsets):
    """The strings of all lists of one column, one after the other; answers the place after."""
    base = o
    offsets[0] = 0
    for item in range(count):
        o = _copy(text, starts[item], ends[item], out, o)
        offsets[item + 1] = o - base
    return o


@compiled
def _big(value, count, out, o):
    """A number in ``count`` bytes, the highest first."""
    for k in range(count):
        out[o + k] = (value >> (8 * (count - 1 - k))) & 0xFF
    return o + count


@compiled
def _put_string(text, start, end, out, o):
    size = _size(text, start, end)
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
    return _copy(text, start, end, out, o)


@compiled
def _put_list(count, out, o):
    if count < 16:
        out[o] = 0x90 | count
        return o + 1
    if count < 1 << 16:
        out[o] = 0xDC
        return _big(count, 2, out, o + 1)
    out[o] = 0xDD
    return _big(count, 4, out, o + 1)


@compiled
def _put_map(kind, mask, out, o):
    """The head of an object: its form is chosen by how many fields there may be, not by how many there are."""
    count = 0
    while mask:
        count += 1
        mask &= mask - 1
    if layout.COUNT[kind] < 16:
        out[o] = 0x80 | count
        return o + 1
    out[o] = 0xDE
    return _big(count, 2, out, o + 1)


@compiled
def _put_time(time, out, o):
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
def _put_number(bits, out, o):
    out[o] = 0xCB
    return _big(bits, 8, out, o + 1)


@compiled
def numbered(texts, spans, codes, rows, out, offsets, valid):
    """A column of strings that repeat, each copied by its number in ``codes``; below 0 is null. Answers the bytes, and
    the number of nulls. See ``strings``."""
    o, nulls = np.int64(0), 0
    offsets[0] = 0
    for byte in range((rows + 7) // 8):
        valid[byte] = 0
    for row in range(rows):
        number = codes[row]
        if number >= 0:
            valid[row >> 3] |= np.uint8(1 << (row & 7))
            start = spans[number, 0]
            o = copy_bytes(texts, start, spans[number, 1] - start, out, o)
        else:
            nulls += 1
        offsets[row + 1] = o
    return o, nulls


@compiled
def _packed(text, found, row, bits, quantity_bits, raw_texts, raw_spans, out, o):
    """The MessagePack of a record; answers the place after it."""
    kinds, left = found.open, found.left
    level = 0
    kinds[0], left[0] = RECORD, found.has[RECORD, row]
    o = _put_map(RECORD, left[0], out, o)
    while level >= 0:
        kind, mask = kinds[level], left[level]
        if mask == 0:
            level -= 1
            continue
        field = lanes.lowest(mask)
        left[level] = mask & (mask - 1)
        size = layout.NAME_SIZE[kind, field]
        out[o] = 0xA0 | size
        o = copy_bytes(layout.NAME[kind, field], 0, size, out, o + 1)
        form, slot = layout.FORM[kind, field], layout.SLOT[kind, field]
        if form == layout.TYPE:
            o = _put_string(layout.TYPE_NAME[found.types[row]], 0, layout.TYPE_SIZE[found.types[row]], out, o)
        elif form == layout.TIME:
            o = _put_time(found.times[row], out, o)
        elif form == layout.TEXTS:
            start, end = found.offsets[slot, row], found.offsets[slot, row + 1]
            o = _put_list(end - start, out, o)
            for item in range(start, end):
                o = _put_string(text, found.item_starts[slot, item], found.item_ends[slot, item], out, o)
        elif form == layout.NUMBER:
            o = _put_number(bits[slot, row], out, o)
        elif form == layout.NUMBERS:
            start, end = found.quantity_offsets[row], found.quantity_offsets[row + 1]
            if not found.single[row]:
                o = _put_list(end - start, out, o)
            for item in range(start, end):
                o = _put_number(quantity_bits[item], out, o)
        elif form == layout.OBJECT:
            level += 1
            inner = layout.INNER[kind, field]
            kinds[level], left[level] = inner, found.has[inner, row]
            o = _put_map(inner, left[level], out, o)
        elif form == layout.RAW:
            number = found.raw_codes[slot, row]
            start = raw_spans[slot, number, 0]
            o = copy_bytes(raw_texts, start, raw_spans[slot, number, 1] - start, out, o)
        else:
            o = _put_string(text, found.starts[slot, row], found.ends[slot, row], out, o)
    return o


@compiled
def canonical(text, found, rows, bits, quantity_bits, raw_texts, raw_spans, codes, uuids, rests, out, ends, by_uuid):
    """What ``fingerprint`` hashes of each record: its uuid, else its MessagePack; ``by_uuid`` says which.

    ``bits`` and ``quantity_bits`` are the numbers as unsigned integers. ``raw_spans`` are where in ``raw_texts`` what
    stands for the raw text of each slot and number begins and ends, ``uuids`` the same of the uuid in each
    custom_context, -1 where it has none; ``codes`` has the number of each row's, below 0 where it has none. ``rests``
    has that of what stands for the rest of its context, in the slot REST.
    """
    o = np.int64(0)
    for row in range(rows):
        number = codes[row]
        by_uuid[row] = number >= 0 and uuids[number, 0] >= 0
        if by_uuid[row]:
            start = uuids[number, 0]
            o = copy_bytes(raw_texts, start, uuids[number, 1] - start, out, o)
        else:
            o = _packed(text, found, row, bits, quantity_bits, raw_texts, raw_spans, out, o)
            rest = rests[row]
            if rest >= 0:
                start = raw_spans[layout.REST, rest, 0]
                o = copy_bytes(raw_texts, start, raw_spans[layout.REST, rest, 1] - start, out, o)
        ends[row] = o
