"""Check the cells of a column of texts, and replace the separators of lists in them.

``data`` uint8 has the texts one after another, and ``ends`` int64[rows + 1] where each begins and ends in it. A row
without a text is an empty one, and is passed over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from interactions.compiled.jit import compiled, compiled_beside

_SPACE, _QUOTE, _BACKSLASH = 0x20, 0x22, 0x5C
_MINUS, _PLUS, _POINT, _COLON, _T, _Z = 0x2D, 0x2B, 0x2E, 0x3A, 0x54, 0x5A
_WHOLE_DIGITS, _DECIMALS = 15, 9
_SECOND_END = 19  # of a time: it has the form 2026-11-02T10:00:00


@compiled_beside
def are_plain(data: Any) -> Any:
    """Whether no byte must be escaped in JSON."""
    odd = np.uint8(0)
    for place in range(len(data)):
        byte = data[place]
        odd |= np.uint8((byte < _SPACE) | (byte == _QUOTE) | (byte == _BACKSLASH))
    return odd == 0


@compiled
def _digits_end(data: Any, i: Any, end: Any) -> Any:
    """The place of the first byte from ``i`` on that isn't a digit."""
    while i < end and 0x30 <= data[i] <= 0x39:
        i += 1
    return i


@compiled
def _number_end(data: Any, i: Any, end: Any) -> Any:
    """The place after a number of at most 15 digits and 9 decimals, as JSON has them; -1 if there is none."""
    i += i < end and data[i] == _MINUS
    whole = _digits_end(data, i, end)
    size = whole - i
    if size == 0 or size > _WHOLE_DIGITS or (size > 1 and data[i] == 0x30):
        return -1
    if whole == end or data[whole] != _POINT:
        return whole
    last = _digits_end(data, whole + 1, end)
    return last if 0 < last - whole - 1 <= _DECIMALS else -1


@compiled
def _is_at(data: Any, i: Any, end: Any, text: Any) -> Any:
    if end - i < len(text):
        return False
    for k in range(len(text)):  # noqa: SIM110 - not in compiled code
        if data[i + k] != text[k]:
            return False
    return True


@compiled_beside
def are_numbers(data: Any, ends: Any, separator: Any) -> Any:
    """Whether each cell is a number, or with a ``separator`` (uint8, empty without one) several."""
    for row in range(len(ends) - 1):
        i, end = ends[row], ends[row + 1]
        while i < end:
            i = _number_end(data, i, end)
            if i < 0:
                return False
            if i < end:
                if len(separator) == 0 or not _is_at(data, i, end, separator):
                    return False
                i += len(separator)
                if i == end:
                    return False
    return True


@compiled_beside
def separators(data: Any, ends: Any, separator: Any) -> Any:
    """How many separators the cells have; -1 if a space or nothing is beside one, or a space at an end of a cell."""
    count = 0
    for row in range(len(ends) - 1):
        i, end = ends[row], ends[row + 1]
        if i < end and (data[i] == _SPACE or data[end - 1] == _SPACE):
            return -1
        part = i
        while i < end:
            if data[i] != separator[0] or not _is_at(data, i, end, separator):
                i += 1
                continue
            if i == part or data[i - 1] == _SPACE:
                return -1
            i += len(separator)
            part = i
            count += 1
            if i == end or data[i] == _SPACE:
                return -1
    return count


@compiled_beside
def separate(data: Any, ends: Any, separator: Any, new: Any, out: Any, out_ends: Any) -> None:
    """Write the cells to ``out``, with ``new`` in place of each separator, and to ``out_ends`` where each ends."""
    o = 0
    for row in range(len(ends) - 1):
        out_ends[row] = o
        i, end = ends[row], ends[row + 1]
        while i < end:
            if data[i] == separator[0] and _is_at(data, i, end, separator):
                for k in range(len(new)):
                    out[o + k] = new[k]
                o += len(new)
                i += len(separator)
            else:
                out[o] = data[i]
                o += 1
                i += 1
    out_ends[len(ends) - 1] = o


@compiled
def _has_digits(data: Any, i: Any, count: Any) -> Any:
    return _digits_end(data, i, i + count) == i + count


@compiled
def _clock(data: Any, i: Any, last_hour: Any) -> Any:
    """Whether there are an hour of two digits, a colon, and a minute."""
    if not _has_digits(data, i, 2) or data[i + 2] != _COLON or not _has_digits(data, i + 3, 2):
        return False
    return (data[i] - 0x30) * 10 + data[i + 1] - 0x30 <= last_hour and data[i + 3] <= 0x35


@compiled
def _is_time(data: Any, i: Any, end: Any) -> Any:
    """Whether a text is a time with seconds, at most six decimals, and its offset from UTC."""
    if end - i <= _SECOND_END:
        return False
    if not _has_digits(data, i, 4) or not _has_digits(data, i + 5, 2) or not _has_digits(data, i + 8, 2):
        return False
    if data[i + 4] != _MINUS or data[i + 7] != _MINUS or (data[i + 10] != _T and data[i + 10] != _SPACE):
        return False
    if not _clock(data, i + 11, 23) or data[i + 16] != _COLON:
        return False
    if not _has_digits(data, i + 17, 2) or data[i + 17] > 0x35:
        return False
    i += _SECOND_END
    if data[i] == _POINT:
        last = _digits_end(data, i + 1, end)
        if last == i + 1 or last > i + 7:
            return False
        i = last
    if end - i == 1:
        return data[i] == _Z
    return end - i == 6 and (data[i] == _PLUS or data[i] == _MINUS) and _clock(data, i + 1, 14)


@compiled_beside
def are_times(data: Any, ends: Any) -> Any:
    """Whether each cell is a time with seconds, at most six decimals, and its offset from UTC."""
    for row in range(len(ends) - 1):
        if ends[row] < ends[row + 1] and not _is_time(data, ends[row], ends[row + 1]):
            return False
    return True


@compiled_beside
def are_addresses(data: Any, ends: Any) -> Any:
    """Whether each cell has four numbers of at most three digits, as IPv4 addresses do."""
    for row in range(len(ends) - 1):
        i, end = ends[row], ends[row + 1]
        if i == end:
            continue
        for part in range(4):
            last = _digits_end(data, i, end)
            if last == i or last > i + 3:
                return False
            if part < 3:
                if last == end or data[last] != _POINT:
                    return False
                last += 1
            i = last
        if i != end:
            return False
    return True
