"""Read JSON from its bytes: find the ends of values, check strings, and decode them to UTF-8. Compiled by Numba.

Each function takes a text that is followed by a few zero bytes, and a place in it. -1 as a place means invalid JSON.
"""

from __future__ import annotations

import numpy as np

from interactions.compiled import lanes
from interactions.compiled.jit import compiled

_PLAIN, _QUOTE, _BACKSLASH, _CONTROL, _WIDE = range(5)
_CLASS = np.zeros(256, np.int8)
_CLASS[:32] = _CONTROL
_CLASS[ord('"')] = _QUOTE
_CLASS[ord("\\")] = _BACKSLASH
_CLASS[128:] = _WIDE
SLACK = lanes.WIDTH
"""How many bytes must be available after the end of both the source and the target of a copy."""
_ESCAPED = np.zeros(256, np.bool_)
_ESCAPED[list(b'"\\/bfnrt')] = True
_SHORT = np.zeros(256, np.uint8)  # the characters that short escapes stand for
for _letter, _meant in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    _SHORT[_letter] = _meant
HEX = np.full(256, -1, np.int8)
"""The value of each byte as a hexadecimal digit; -1 if it isn't one."""
for _digit in range(16):
    HEX[ord(f"{_digit:x}")] = HEX[ord(f"{_digit:X}")] = _digit


@compiled
def hexadecimal(text, i):
    """The value of four hexadecimal digits; -1 if one is invalid."""
    value = 0
    for k in range(4):
        digit = HEX[text[i + k]]
        if digit < 0:
            return -1
        value = value * 16 + digit
    return value


@compiled
def _wide(text, i):
    """The place after a multi-byte character; -1 if it isn't UTF-8 (RFC 3629)."""
    first, second = text[i], text[i + 1]
    if first < 0xC2 or first > 0xF4 or second & 0xC0 != 0x80:
        return -1
    if first < 0xE0:
        return i + 2
    if text[i + 2] & 0xC0 != 0x80:
        return -1
    if first < 0xF0:
        if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
            return -1
        return i + 3
    if text[i + 3] & 0xC0 != 0x80 or (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return -1
    return i + 4


@compiled
def _escape(text, i):
    """The place after the escape at ``i``; -1 if it's invalid or a lone surrogate."""
    if _ESCAPED[text[i + 1]]:
        return i + 2
    if text[i + 1] != 0x75:
        return -1
    code = hexadecimal(text, i + 2)
    if code < 0 or 0xDC00 <= code <= 0xDFFF:
        return -1
    if code < 0xD800 or code > 0xDFFF:
        return i + 6
    if text[i + 6] != 0x5C or text[i + 7] != 0x75:
        return -1
    low = hexadecimal(text, i + 8)
    return i + 12 if 0xDC00 <= low <= 0xDFFF else -1


@compiled
def plain_end(text, i):
    """The place of the first byte from ``i`` on that isn't plain."""
    count = lanes.plain(text, i)
    while count == lanes.WIDTH:
        i += lanes.WIDTH
        count = lanes.plain(text, i)
    return i + count


@compiled
def string(text, i):
    """The place of the closing quote of the string that begins at ``i`` (-1: invalid), and whether it has escapes."""
    escaped = False
    while True:
        i = plain_end(text, i)
        what = _CLASS[text[i]]
        if what == _QUOTE:
            return i, escaped
        if what == _WIDE:
            i = _wide(text, i)
        elif what == _BACKSLASH:
            i = _escape(text, i)
            escaped = True
        else:
            return -1, escaped
        if i < 0:
            return -1, escaped


@compiled
def _characters(text, i, end):
    count = 0
    while i < end:
        if text[i] == 0x5C:
            i = _escape(text, i)
            count += 1
        else:
            count += text[i] & 0xC0 != 0x80
            i += 1
    return count


@compiled
def fits(text, start, end, limit):
    """Whether a string has at most ``limit`` characters."""
    return end - start <= limit or _characters(text, start, end) <= limit


@compiled
def is_blank(c):
    return c <= 0x20 and (c == 0x20 or c == 0x09 or c == 0x0D or c == 0x0A)


@compiled
def past_blanks(text, i):
    """The place of the first byte from ``i`` on that isn't whitespace."""
    while is_blank(text[i]):
        i += 1
    return i


@compiled
def past_colon(text, i):
    """The place of the value after a key that ends before ``i``; -1 if no colon follows."""
    i = past_blanks(text, i)
    return past_blanks(text, i + 1) if text[i] == 0x3A else -1


@compiled
def past_null(text, i):
    """The place after a null; -1 if there is none."""
    return i + 4 if text[i] == 0x6E and text[i + 1] == 0x75 and text[i + 2] == 0x6C and text[i + 3] == 0x6C else -1


@compiled
def raw(text, i):
    """The place after the object or list at ``i``, going by its brackets alone, and the number of keys in it."""
    depth, keys = 0, 0
    while True:
        c = text[i]
        if c == 0x22:
            i, _ = string(text, i + 1)
            if i < 0:
                return -1, 0
            i = past_blanks(text, i + 1)
            keys += text[i] == 0x3A
            continue
        if c == 0x7B or c == 0x5B:
            depth += 1
        elif c == 0x7D or c == 0x5D:
            depth -= 1
            if depth == 0:
                return i + 1, keys
        elif c == 0:
            return -1, 0
        i += 1


@compiled
def any_value(text, i):
    """The place after the value at ``i``, of any type, and the number of keys in it. Only strings are checked; the
    caller has to decode the rest to know whether it's valid."""
    c = text[i]
    if c == 0x7B or c == 0x5B:
        return raw(text, i)
    if c == 0x22:
        i, _ = string(text, i + 1)
        return (-1 if i < 0 else i + 1), 0
    begun = i
    while text[i] > 0x20 and text[i] != 0x2C and text[i] != 0x7D:
        i += 1
    return (-1 if i == begun else i), 0


@compiled
def past_comma(text, i):
    """After a list item that ends before ``i``: the place of the next item and True, or the place after the list and
    False. The place is -1 if neither a comma nor the closing bracket follows."""
    i = past_blanks(text, i)
    if text[i] == 0x5D:
        return i + 1, False
    return (past_blanks(text, i + 1) if text[i] == 0x2C else -1), True


@compiled
def strings(text, i, limit, starts, ends, count):
    """Read the list of strings at ``i``. Returns the place after it (-1: invalid, -2: no room) and the new count."""
    i = past_blanks(text, i + 1)
    more = text[i] != 0x5D
    if not more:
        return i + 1, count
    while more:
        if i < 0 or text[i] != 0x22:
            return -1, count
        if count >= len(starts):
            return -2, count
        start = i + 1
        i, escaped = string(text, start)
        if i < 0 or not fits(text, start, i, limit):
            return -1, count
        starts[count], ends[count] = ~start if escaped else start, i
        count += 1
        i, more = past_comma(text, i + 1)
    return i, count


@compiled
def _code(text, i):
    """The character of the escape at ``i``, and the place after it."""
    if text[i + 1] != 0x75:
        return np.int64(_SHORT[text[i + 1]]), i + 2
    code = hexadecimal(text, i + 2)
    if code < 0xD800 or code > 0xDFFF:
        return code, i + 6
    return 0x10000 + ((code - 0xD800) << 10) + hexadecimal(text, i + 8) - 0xDC00, i + 12


@compiled
def utf8_size(text, start, end):
    """The size in bytes of a string as UTF-8. ``start`` is inverted if the string has escapes."""
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
def copy_string(text, start, end, out, o):
    """Write a string as UTF-8. Returns the place after it."""
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
