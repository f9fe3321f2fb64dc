"""Write simple custom_contexts as canonical JSON, straight from their bytes. The result equals that of ``custom``.

Compiled by Numba. It handles only objects of strings, booleans and integers with a few distinct keys without escapes;
all others are left to ``custom``.
"""

from __future__ import annotations

import numpy as np

from interactions.compiled import lanes
from interactions.compiled.jit import compiled
from interactions.compiled.json_text import SLACK, copy_bytes, is_blank, past_blanks, past_colon, plain_end, string
from interactions.contract import schema

BEFORE, AFTER = b'{"context":{"custom_context":', b"}}"
"""The JSON around a custom_context in a record's ``extra``."""
MOST_KEYS = 32
_BEFORE, _AFTER, _UUID = (
    np.frombuffer(text + bytes(SLACK), np.uint8) for text in (BEFORE, AFTER, schema.RECORD_UUID.encode())
)
_BEFORE_SIZE, _AFTER_SIZE, _UUID_SIZE = len(BEFORE), len(AFTER), len(schema.RECORD_UUID)
_MOST_DIGITS = 18  # integers of so many digits surely fit into 64 bits


@compiled
def _word_end(text, i):
    """The place after a boolean or integer in canonical form; -1 if there is none."""
    if text[i] == 0x74 and text[i + 1] == 0x72 and text[i + 2] == 0x75 and text[i + 3] == 0x65:
        return i + 4
    if text[i] == 0x66 and text[i + 1] == 0x61 and text[i + 2] == 0x6C and text[i + 3] == 0x73 and text[i + 4] == 0x65:
        return i + 5
    negative = text[i] == 0x2D
    if negative:
        i += 1
    begun = i
    while 0x30 <= text[i] <= 0x39:
        i += 1
    if i == begun or i - begun > _MOST_DIGITS or (text[begun] == 0x30 and (negative or i - begun > 1)):
        return -1
    return i if text[i] == 0x2C or text[i] == 0x7D or is_blank(text[i]) else -1


@compiled
def _compare(text, first, first_end, second, second_end):
    """Compare two names: negative if the first sorts before the second, 0 if they're equal."""
    size = min(first_end - first, second_end - second)
    k = 0
    while k < size:
        same = lanes.equal(text, first + k, text, second + k)
        if same < lanes.WIDTH:
            k += same
            break
        k += lanes.WIDTH
    if k < size:
        return np.int64(text[first + k]) - np.int64(text[second + k])
    return (first_end - first) - (second_end - second)


@compiled
def _entries(text, i, end, order):
    """Put the start and end of each key (without quotes) and value of the object at ``i`` into ``order``, sorted by
    key. Returns their number, or -1 if the object isn't simple."""
    count = 0
    i = past_blanks(text, i + 1)
    if text[i] == 0x7D:
        return 0 if i + 1 == end else -1
    while True:
        if text[i] != 0x22 or count == MOST_KEYS:
            return -1
        key = i + 1
        key_end = plain_end(text, key)
        if text[key_end] != 0x22:
            return -1
        value = past_colon(text, key_end + 1)
        if value < 0:
            return -1
        i = _value_end(text, value)
        if i < 0 or not _put_in_order(text, key, key_end, value, i, order, count):
            return -1
        count += 1
        i = past_blanks(text, i)
        if text[i] == 0x7D:
            return count if i + 1 == end else -1
        if text[i] != 0x2C:
            return -1
        i = past_blanks(text, i + 1)


@compiled
def _value_end(text, i):
    """The place after a string without escapes, a boolean or an integer; -1 if there is none."""
    if text[i] != 0x22:
        return _word_end(text, i)
    i, escaped = string(text, i + 1)
    return -1 if i < 0 or escaped else i + 1


@compiled
def _put_in_order(text, key, key_end, value, end, order, count):
    """Insert an entry into ``count`` others that are sorted by key. Returns False if the key is a duplicate."""
    place = count
    while place > 0:
        compared = _compare(text, key, key_end, order[place - 1, 0], order[place - 1, 1])
        if compared == 0:
            return False
        if compared > 0:
            break
        for k in range(4):
            order[place, k] = order[place - 1, k]
        place -= 1
    order[place, 0], order[place, 1], order[place, 2], order[place, 3] = key, key_end, value, end
    return True


@compiled
def write(text, raws, count, order, out, spans, uuids):
    """Write ``count`` custom_contexts, at the positions ``raws`` in ``text``, as values of ``extra`` to ``out``.

    Sets ``spans`` to the start and end of each in ``out``, without BEFORE and AFTER (-1 if it isn't simple), and
    ``uuids`` to the start and end of its uuid (-1 without one). ``order`` is scratch space for MOST_KEYS rows of four.
    Returns the place after the last.
    """
    o = np.int64(0)
    for number in range(count):
        uuids[number, 0] = uuids[number, 1] = -1
        keys = _entries(text, np.int64(raws[number, 0]), np.int64(raws[number, 1]), order)
        if keys < 0:
            spans[number, 0] = spans[number, 1] = -1
            continue
        o = copy_bytes(_BEFORE, 0, _BEFORE_SIZE, out, o)
        spans[number, 0] = o
        out[o] = 0x7B
        o += 1
        for k in range(keys):
            if k:
                out[o] = 0x2C
                o += 1
            key, key_end, value, end = order[k, 0], order[k, 1], order[k, 2], order[k, 3]
            o = copy_bytes(text, key - 1, key_end + 1 - (key - 1), out, o)
            out[o] = 0x3A
            o += 1
            if (
                key_end - key == _UUID_SIZE
                and lanes.equal(text, key, _UUID, 0) >= _UUID_SIZE
                and text[value] == 0x22
                and end - value > 2
            ):
                uuids[number, 0], uuids[number, 1] = o + 1, o + end - value - 1
            o = copy_bytes(text, value, end - value, out, o)
        out[o] = 0x7D
        o += 1
        spans[number, 1] = o
        o = copy_bytes(_AFTER, 0, _AFTER_SIZE, out, o)
    return o
