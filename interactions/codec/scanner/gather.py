"""Copy what ``scan`` has found out of the text: strings in Arrow's layout, and records as they're hashed.

Compiled by Numba.
"""

from __future__ import annotations

import numpy as np

from interactions.codec.scanner import layout
from interactions.codec.scanner.layout import RECORD
from interactions.compiled import json_text, lanes, msgpack
from interactions.compiled.jit import compiled


@compiled
def strings(text, found, columns, rows, out, places, offsets, valid, nulls):
    """Write string columns to ``out``, one after the other, with Arrow's offsets, validity bitmap and null count of
    each, and the place after it. ``columns`` has the kind, the field's bit and the slot of each."""
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
                o = json_text.copy_string(text, found.starts[slot, row], found.ends[slot, row], out, o)
            else:
                missing += 1
            offsets[column, row + 1] = o - base
        nulls[column] = missing
        places[column] = o


@compiled
def items(text, starts, ends, count, out, o, offsets):
    """Write the strings of all lists of a column. Returns the place after the last."""
    base = o
    offsets[0] = 0
    for item in range(count):
        o = json_text.copy_string(text, starts[item], ends[item], out, o)
        offsets[item + 1] = o - base
    return o


@compiled
def numbered(texts, spans, codes, rows, out, offsets, valid):
    """Write a column of repeating strings: for each row the span with the index in ``codes``, or null if negative.
    Returns the number of bytes and of nulls. See ``strings``."""
    o, nulls = np.int64(0), 0
    offsets[0] = 0
    for byte in range((rows + 7) // 8):
        valid[byte] = 0
    for row in range(rows):
        number = codes[row]
        if number >= 0:
            valid[row >> 3] |= np.uint8(1 << (row & 7))
            start = spans[number, 0]
            o = json_text.copy_bytes(texts, start, spans[number, 1] - start, out, o)
        else:
            nulls += 1
        offsets[row + 1] = o
    return o, nulls


@compiled
def _put_object(kind, mask, out, o):
    """Write the header of an object of that kind with the fields of ``mask``."""
    count = 0
    while mask:
        count += 1
        mask &= mask - 1
    return msgpack.put_map(count, layout.COUNT[kind], out, o)


@compiled
def _packed(text, found, row, bits, quantity_bits, raw_texts, raw_spans, out, o):
    """Write the MessagePack of a record. Returns the place after it."""
    kinds, left = found.open, found.left
    level = 0
    kinds[0], left[0] = RECORD, found.has[RECORD, row]
    o = _put_object(RECORD, left[0], out, o)
    while level >= 0:
        kind, mask = kinds[level], left[level]
        if mask == 0:
            level -= 1
            continue
        field = lanes.lowest(mask)
        left[level] = mask & (mask - 1)
        size = layout.NAME_SIZE[kind, field]
        out[o] = 0xA0 | size
        o = json_text.copy_bytes(layout.NAME[kind, field], 0, size, out, o + 1)
        form, slot = layout.FORM[kind, field], layout.SLOT[kind, field]
        if form == layout.TYPE:
            o = msgpack.put_string(layout.TYPE_NAME[found.types[row]], 0, layout.TYPE_SIZE[found.types[row]], out, o)
        elif form == layout.TIME:
            o = msgpack.put_time(found.times[row], out, o)
        elif form == layout.TEXTS:
            start, end = found.offsets[slot, row], found.offsets[slot, row + 1]
            o = msgpack.put_list(end - start, out, o)
            for item in range(start, end):
                o = msgpack.put_string(text, found.item_starts[slot, item], found.item_ends[slot, item], out, o)
        elif form == layout.NUMBER:
            o = msgpack.put_number(bits[slot, row], out, o)
        elif form == layout.NUMBERS:
            start, end = found.quantity_offsets[row], found.quantity_offsets[row + 1]
            if not found.single[row]:
                o = msgpack.put_list(end - start, out, o)
            for item in range(start, end):
                o = msgpack.put_number(quantity_bits[item], out, o)
        elif form == layout.OBJECT:
            level += 1
            inner = layout.INNER[kind, field]
            kinds[level], left[level] = inner, found.has[inner, row]
            o = _put_object(inner, left[level], out, o)
        elif form == layout.RAW:
            number = found.raw_codes[slot, row]
            start = raw_spans[slot, number, 0]
            o = json_text.copy_bytes(raw_texts, start, raw_spans[slot, number, 1] - start, out, o)
        else:
            o = msgpack.put_string(text, found.starts[slot, row], found.ends[slot, row], out, o)
    return o


@compiled
def canonical(text, found, rows, bits, quantity_bits, raw_texts, raw_spans, codes, uuids, rests, out, ends, by_uuid):
    """Write what ``fingerprint`` hashes of each record: its uuid if it has one, else its MessagePack.

    Sets ``by_uuid`` and the place after each in ``ends``. ``bits`` and ``quantity_bits`` are the numbers as unsigned
    integers. ``raw_spans`` has the start and end in ``raw_texts`` of each raw text, by slot and index; ``uuids`` those
    of the uuid in each custom_context, -1 without one. ``codes`` and ``rests`` have each row's index of its
    custom_context and of its other fields (slot REST), negative without one.
    """
    o = np.int64(0)
    for row in range(rows):
        number = codes[row]
        by_uuid[row] = number >= 0 and uuids[number, 0] >= 0
        if by_uuid[row]:
            start = uuids[number, 0]
            o = json_text.copy_bytes(raw_texts, start, uuids[number, 1] - start, out, o)
        else:
            o = _packed(text, found, row, bits, quantity_bits, raw_texts, raw_spans, out, o)
            rest = rests[row]
            if rest >= 0:
                start = raw_spans[layout.REST, rest, 0]
                o = json_text.copy_bytes(raw_texts, start, raw_spans[layout.REST, rest, 1] - start, out, o)
        ends[row] = o
