"""Write the plain among custom_contexts the one way, straight from their bytes: as ``custom`` would, by their keys.

Compiled by Numba, as ``scan`` is, and as free not to know: what holds more than strings, booleans and whole numbers
under some different plain keys is left to ``custom``.
"""

from __future__ import annotations

import numpy as np

from interactions.compiled import lanes
from interactions.compiled.jit import compiled
from interactions.compiled.json_text import SLACK, copy_bytes, is_blank, past_blanks, past_colon, plain_end, string
from interactions.contract import schema

BEFORE, AFTER = b'{"context":{"custom_context":', b"}}"
"""What stands around a custom_context in a record's ``extra``."""
MOST_KEYS = 32
_BEFORE, _AFTER, _UUID = (
    np.frombuffer(text + bytes(SLACK), np.uint8) for text in (BEFORE, AFTER, schema.RECORD_UUID.encode())
)
_BEFORE_SIZE, _AFTER_SIZE, _UUID_SIZE = len(BEFORE), len(AFTER), len(schema.RECORD_UUID)
_MOST_DIGITS = 18  # of a whole number that surely has at most 64 bits


@compiled
def _word_end(text, i):
    """The place after a boolean or whole number that is written as it always is; -1 where there is none."""
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
    """Below 0 where the first name comes before the second, 0 where they are equal."""
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
    """The keys and values of an object between its bracket at ``i`` and ``end``, sorted by key into ``order``: where
    each key begins and ends, quotes left out, and each value. How many; -1 where it is not plain."""
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
    """The place after a string without escapes, a boolean or a whole number; -1 where there is none."""
    if text[i] != 0x22:
        return _word_end(text, i)
    i, escaped = string(text, i + 1)
    return -1 if i < 0 or escaped else i + 1


@compiled
def _put_in_order(text, key, key_end, value, end, order, count):
    """Put an entry where it belongs among ``count`` of them, which are sorted by key; whether its key is a new one."""
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
    """Write each of ``count`` custom_contexts, which begin and end in ``text`` as ``raws`` say, as an extra.

    ``spans``: where each stands in ``out``, without BEFORE and AFTER, as the record's hash has it; its start is -1
    where it is not plain. ``uuids``: where in ``out`` the uuid of each is, -1 where it has none. ``order`` is room for
    MOST_KEYS rows of four. Answers the place after the last.
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


def room(sizes: int, count: int) -> int:
    """Bytes that so many texts of these ``sizes`` in all need at most."""
    return sizes + count * (_BEFORE_SIZE + _AFTER_SIZE) + SLACK
