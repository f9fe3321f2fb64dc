"""Read numbers, timestamps, UUIDs and IP addresses from their bytes. For strings see ``json_text``.

Each function takes the text and a place in it. A failure only means that the value is doubtful: see ``scan``.
"""

from __future__ import annotations

import numpy as np

from interactions.compiled import json_text, lanes
from interactions.compiled.jit import compiled
from interactions.compiled.json_text import HEX
from interactions.contract import schema

_POWERS = 10.0 ** np.arange(23)  # the powers of ten that a double represents exactly
_EXACT = 1 << 53
_LARGEST = schema.LARGEST_AMOUNT
_DAYS_BEFORE = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], np.int64)
_DAYS_IN = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_EPOCH = 719_162  # days from 0001-01-01 to 1970-01-01


@compiled
def number(text, i, to_double):
    """The place after a number and its value; -1 if it isn't a number or is too large. ``to_double`` is the address for
    ``lanes.double``, which reads numbers that can't be computed exactly here."""
    begun = i
    negative = text[i] == 0x2D
    i += negative
    first, mantissa, scale = i, np.int64(0), 0
    while 0x30 <= text[i] <= 0x39:
        mantissa = mantissa * 10 + (text[i] - 0x30)
        i += 1
    digits = i - first
    if digits == 0 or (digits > 1 and text[first] == 0x30):
        return -1, 0.0
    whole = i
    if text[i] == 0x2E:
        i += 1
        while 0x30 <= text[i] <= 0x39:
            mantissa = mantissa * 10 + (text[i] - 0x30)
            i += 1
        scale = i - whole - 1
        digits += scale
        if scale == 0:
            return -1, 0.0
    is_short = digits <= 17 and mantissa <= _EXACT and not (negative and mantissa == 0)
    if text[i] | 0x20 == 0x65:
        i += 1
        i += text[i] == 0x2B or text[i] == 0x2D
        if not 0x30 <= text[i] <= 0x39:
            return -1, 0.0
        while 0x30 <= text[i] <= 0x39:
            i += 1
        is_short = False
    if is_short:
        value = float(mantissa) / _POWERS[scale]
        value = -value if negative else value
    else:
        value = lanes.double(to_double, text, begun)
        if i == whole and value == 0:  # integers have no negative zero
            value = 0.0
    return (i, value) if -_LARGEST <= value <= _LARGEST else (-1, 0.0)


@compiled
def _digits(text, i, count):
    value = 0
    for k in range(count):
        digit = text[i + k] - 0x30
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@compiled
def moment(text, i, end):
    """A timestamp in µs since 1970, and whether it was understood. Leap seconds aren't, nor are timestamps with an
    offset in the years 1 and 9999."""
    if end - i < 20 or text[i + 4] != 0x2D or text[i + 7] != 0x2D:
        return 0, False
    if text[i + 10] | 0x20 != 0x74 and text[i + 10] != 0x20:
        return 0, False
    if text[i + 13] != 0x3A or text[i + 16] != 0x3A:
        return 0, False
    year, month, day = _digits(text, i, 4), _digits(text, i + 5, 2), _digits(text, i + 8, 2)
    hour, minute, second = _digits(text, i + 11, 2), _digits(text, i + 14, 2), _digits(text, i + 17, 2)
    if year < 1 or month < 1 or month > 12 or day < 1:
        return 0, False
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    if day > _DAYS_IN[month] + (leap and month == 2):
        return 0, False
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return 0, False
    place, fraction = i + 19, 0
    if text[place] == 0x2E:
        place += 1
        digits = 0
        while 0x30 <= text[place] <= 0x39:
            if digits < 6:
                fraction = fraction * 10 + (text[place] - 0x30)
            place += 1
            digits += 1
        if digits == 0:
            return 0, False
        for _ in range(6 - digits):
            fraction *= 10
    offset = 0
    if text[place] | 0x20 == 0x7A:
        place += 1
    elif text[place] == 0x2B or text[place] == 0x2D:
        colon = end - place == 6 and text[place + 3] == 0x3A
        if not colon and end - place != 5:
            return 0, False
        hours, minutes = _digits(text, place + 1, 2), _digits(text, place + 3 + colon, 2)
        if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
            return 0, False
        offset = (hours * 60 + minutes) * 60
        if year == 1 or year == 9999:
            return 0, False
        if text[place] == 0x2D:
            offset = -offset
        place += 5 + colon
    else:
        return 0, False
    if place != end:
        return 0, False
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - _EPOCH
    days += _DAYS_BEFORE[month] + (leap and month > 2) + day - 1
    seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return seconds * 1_000_000 + fraction, True


@compiled
def is_uuid(text, i, end):
    if end - i != 36:
        return False
    for k in range(36):
        if k == 8 or k == 13 or k == 18 or k == 23:
            if text[i + k] != 0x2D:
                return False
        elif HEX[text[i + k]] < 0:
            return False
    return True


@compiled
def is_ipv4(text, i, end):
    if i == end:
        return True
    for part in range(4):
        value, begun = 0, i
        while i < end and i - begun < 3 and 0x30 <= text[i] <= 0x39:
            value = value * 10 + (text[i] - 0x30)
            i += 1
        size = i - begun
        if size == 0 or value > 255 or (size == 3 and value < 100):
            return False
        if part < 3:
            if i >= end or text[i] != 0x2E:
                return False
            i += 1
    return i == end


@compiled
def numbers(text, i, to_double, values, count):
    """Read a list of numbers into ``values``. Returns the place after it (-1: invalid, -2: no room) and the new
    count."""
    i = json_text.past_blanks(text, i + 1)
    more = text[i] != 0x5D
    if not more:
        return i + 1, count
    while more:
        if i < 0:
            return -1, count
        if count >= len(values):
            return -2, count
        i, value = number(text, i, to_double)
        if i < 0:
            return -1, count
        values[count] = value
        count += 1
        i, more = json_text.past_comma(text, i)
    return i, count
