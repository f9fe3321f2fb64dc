"""Scan records into columns of numbers and text positions, without creating an object for each value.

Compiled by Numba. ``scan`` doesn't read a record with anything rare, doubtful or invalid: the rule book (``rulebook``)
decides on it. So the scanner doesn't need to know every rule, but what it accepts must be valid: tests check that the
two agree.
"""

from __future__ import annotations

import numpy as np

from interactions.codec.scanner import layout, tokens
from interactions.codec.scanner.found import ROWS
from interactions.codec.scanner.layout import CAMPAIGN, CONTEXT, PAGE, RECORD, SEARCH
from interactions.compiled import json_text
from interactions.compiled.jit import compiled
from interactions.compiled.known_texts import named, remember

ENDED, FULL, STOPPED = range(3)
_DOUBTFUL, _NO_ROOM = -1, -2  # returned instead of the place after a value
_OPEN, _CLOSE, _LIST, _COMMA, _QUOTE, _BACKSLASH = b'{}[,"\\'

_URL, _TYPE = layout.bit(PAGE, "url"), layout.bit(RECORD, "type")
_USER_ID, _ANONYMOUS_ID = (np.int32(layout.bit(RECORD, name)) for name in ("user_id", "anonymous_id"))
_USER_SLOT, _ANONYMOUS_SLOT = (
    layout.TEXT_SLOTS[RECORD, layout.NAMES[RECORD].index(name)] for name in ("user_id", "anonymous_id")
)
_CONTEXT, _SEARCH = (np.int32(layout.bit(RECORD, name)) for name in ("context", "search"))
_CAMPAIGN = np.int32(layout.bit(CONTEXT, "campaign"))


@compiled
def _note_unknown(found, row, kind, start, end, keys):
    """Record a field that ``layout`` doesn't name. Returns the place after it, or _NO_ROOM."""
    count = found.unknown_offsets[row + 1]
    if count >= len(found.unknown):
        return _NO_ROOM
    unknown = found.unknown[count]
    unknown[0], unknown[1], unknown[2], unknown[3] = kind, start, end, keys
    found.unknown_offsets[row + 1] = count + 1
    found.kept[0] |= 1 << kind
    return end


@compiled
def _leave_out_emptied(found, row):
    """Clear the bits of objects whose fields are all unknown to ``layout``."""
    if found.has[SEARCH, row] == 0:
        found.has[RECORD, row] &= ~_SEARCH
    if found.has[CAMPAIGN, row] == 0:
        found.has[CONTEXT, row] &= ~_CAMPAIGN
    if found.has[CONTEXT, row] == 0:
        found.has[RECORD, row] &= ~_CONTEXT


@compiled
def _leave_out_empty_ids(found, row):
    """Clear the bits of ids that are empty strings."""
    if found.starts[_USER_SLOT, row] == found.ends[_USER_SLOT, row]:
        found.has[RECORD, row] &= ~_USER_ID
    if found.starts[_ANONYMOUS_SLOT, row] == found.ends[_ANONYMOUS_SLOT, row]:
        found.has[RECORD, row] &= ~_ANONYMOUS_ID


@compiled
def _begin(found, row):
    """Start an empty record in ``row``."""
    found.open[0], found.kept[0] = RECORD, 0
    for kind in range(found.has.shape[0]):
        found.has[kind, row] = 0
    for slot in range(found.offsets.shape[0]):
        found.offsets[slot, row + 1] = found.offsets[slot, row]
    found.quantity_offsets[row + 1] = found.quantity_offsets[row]
    found.unknown_offsets[row + 1] = found.unknown_offsets[row]
    found.single[row] = False


@compiled
def _is_disguised(text, i, end):
    """Whether a key has ASCII characters written as escapes, so that it may be a known name."""
    while i < end:
        if text[i] == _BACKSLASH:
            if text[i + 1] == 0x75 and 0x20 <= json_text.hexadecimal(text, i + 2) < 0x80:
                return True
            i += 1
        i += 1
    return False


@compiled
def _key(text, i, kind):
    """Read the key at ``i``. Returns the place of its closing quote, or _DOUBTFUL; and the index of its field, or -1 if
    ``layout`` has no such name."""
    if text[i] != _QUOTE:
        return _DOUBTFUL, -1
    end = json_text.plain_end(text, i + 1)
    if text[end] == _QUOTE:
        return end, named(text, i + 1, end, layout.FIELD_OF[kind], layout.NAME[kind], layout.NAME_SIZE[kind])
    end, escaped = json_text.string(text, end)
    return (_DOUBTFUL if end < 0 or (escaped and _is_disguised(text, i + 1, end)) else end), -1


@compiled
def _unknown(text, key, i, kind, found, row):
    """Skip the value at ``i`` of a field that ``layout`` doesn't name. Its key begins at ``key``."""
    if not layout.KEEPS_UNKNOWN[kind]:
        return json_text.past_null(text, i)  # null counts as absent
    end, keys = json_text.any_value(text, i)
    return end if end < 0 else _note_unknown(found, row, kind, key, end, keys + 1)


@compiled
def _strings(text, i, slot, limit, found, row):
    if text[i] != _LIST:
        return _DOUBTFUL
    starts, ends = found.item_starts[slot], found.item_ends[slot]
    end, count = json_text.strings(text, i, limit, starts, ends, found.offsets[slot, row + 1])
    found.offsets[slot, row + 1] = count
    return end


@compiled
def _quantities(text, i, found, row):
    """Read a number or a list of numbers."""
    count = found.quantity_offsets[row]
    if text[i] == _LIST:
        end, count = tokens.numbers(text, i, found.to_double, found.quantities, count)
    elif count >= len(found.quantities):
        return _NO_ROOM
    else:
        end, found.quantities[count] = tokens.number(text, i, found.to_double)
        found.single[row] = True
        count += 1
    found.quantity_offsets[row + 1] = count
    return end


@compiled
def _raw(text, i, slot, found, row):
    """Read an object of any shape, and number its text."""
    if text[i] != _OPEN:
        return _DOUBTFUL
    end, keys = json_text.raw(text, i)
    if end >= 0:
        number = remember(text, i, end, keys, found.raws, found.raw_counts, found.buckets, slot)
        found.raw_codes[slot, row] = number
    return end


@compiled
def _text(text, i, form, slot, limit, found, row):
    """Read a string, or a value that is written as one."""
    if text[i] != _QUOTE:
        return _DOUBTFUL
    start = i + 1
    end, escaped = json_text.string(text, start)
    if end < 0:
        return end
    if form == layout.TEXT:
        is_good = json_text.fits(text, start, end, limit)
    elif form == layout.TIME:
        found.times[row], is_good = tokens.moment(text, start, end)
    elif form == layout.TYPE:
        found.types[row] = named(text, start, end, layout.TYPE_OF, layout.TYPE_NAME, layout.TYPE_SIZE)
        is_good = found.types[row] >= 0
    elif form == layout.UUID:
        is_good = tokens.is_uuid(text, start, end)
    else:
        is_good = tokens.is_ipv4(text, start, end)
    if form != layout.TYPE and form != layout.TIME:
        found.starts[slot, row] = ~start if escaped else start
        found.ends[slot, row] = end
    return end + 1 if is_good else _DOUBTFUL


@compiled
def _value(text, i, kind, field, found, row):
    """Read the value at ``i`` of a field that isn't an object. Returns the place after it, or a negative reason."""
    form, slot = layout.FORM[kind, field], layout.SLOT[kind, field]
    if form == layout.NUMBER:
        i, found.numbers[slot, row] = tokens.number(text, i, found.to_double)
        return i
    if form == layout.TEXTS:
        return _strings(text, i, slot, layout.LIMIT[kind, field], found, row)
    if form == layout.NUMBERS:
        return _quantities(text, i, found, row)
    if form == layout.RAW:
        return _raw(text, i, slot, found, row)
    return _text(text, i, form, slot, layout.LIMIT[kind, field], found, row)


@compiled
def _close(i, kind, found, row):
    """End the object that is closed at ``i``. Returns ``i``, or a negative reason."""
    has = found.has[kind, row]
    if has == 0 and not found.kept[0] & (1 << kind):  # all of its fields are null
        return _note_unknown(found, row, kind, i, i, 0) if layout.KEEPS_EMPTY[kind] else _DOUBTFUL
    return _DOUBTFUL if kind == PAGE and not has & _URL else i


@compiled
def _is_whole(found, row):
    """Whether the complete record in ``row`` has all fields that its type requires, and only fields that it allows."""
    has = found.has[RECORD, row]
    if not has & _TYPE:
        return False
    kind = found.types[row]
    if found.kept[0]:
        _leave_out_emptied(found, row)
    _leave_out_empty_ids(found, row)
    return has & ~layout.ALLOWED[kind] == 0 and has & layout.REQUIRED[kind] == layout.REQUIRED[kind]


@compiled
def _field(text, i, kind, found, row):
    """Read the field at ``i`` of an object of that kind.

    Returns the place after its value and -1; or, if the value is an object, the place after its opening brace and its
    kind. A negative place is a reason.
    """
    key = i
    i, field = _key(text, key, kind)
    if i < 0:
        return _DOUBTFUL, -1
    i = json_text.past_colon(text, i + 1)
    if i < 0:
        return _DOUBTFUL, -1
    if field < 0:
        return _unknown(text, key, i, kind, found, row), -1
    if text[i] == 0x6E:
        return json_text.past_null(text, i), -1
    bit = np.int32(1 << field)
    if found.has[kind, row] & bit:
        return _DOUBTFUL, -1
    found.has[kind, row] |= bit
    if layout.FORM[kind, field] != layout.OBJECT:
        return _value(text, i, kind, field, found, row), -1
    return (i + 1, layout.INNER[kind, field]) if text[i] == _OPEN else (_DOUBTFUL, -1)


@compiled
def _record(text, i, found, row):
    """Read the record at ``i`` into ``row``. Returns the place after it, _DOUBTFUL, or _NO_ROOM for its lists."""
    if text[i] != _OPEN:
        return _DOUBTFUL
    _begin(found, row)
    kinds, level, i = found.open, 0, i + 1
    while True:
        i, inner = _field(text, json_text.past_blanks(text, i), kinds[level], found, row)
        if i < 0:
            return i
        i = json_text.past_blanks(text, i)
        if inner >= 0:
            level += 1
            kinds[level] = inner
            if text[i] != _CLOSE:
                continue
        while text[i] != _COMMA:
            if text[i] != _CLOSE:
                return _DOUBTFUL
            i = _close(i, kinds[level], found, row)
            if i < 0:
                return i
            if level == 0:
                return i + 1 if _is_whole(found, row) else _DOUBTFUL
            level -= 1
            i = json_text.past_blanks(text, i + 1)
        i += 1


@compiled
def _past_separators(text, i):
    while True:
        if json_text.is_blank(text[i]) or text[i] == _COMMA or text[i] == 0x1E:
            i += 1
        elif text[i] == 0xEF and text[i + 1] == 0xBB and text[i + 2] == 0xBF:
            i += 3
        else:
            return i


@compiled
def _doubtful_end(text, i, number, ends):
    """The place after a record that can't be read; -1 if it isn't certain where it ends."""
    if len(ends):
        return np.int64(ends[number])
    return json_text.raw(text, i)[0] if text[i] == _OPEN else np.int64(-1)


@compiled
def scan(text, i, size, most, ends, found):
    """Read as many records as there is room for, from the place ``i`` of a text of ``size`` bytes plus padding.

    A record that may be invalid is marked as doubtful and passed over. ``ends`` has the place after each record; if
    it's empty, a doubtful one ends where its brackets match.

    Returns a status and the number of records. The status is ENDED at the end of the text, FULL if there's no room for
    the next record, STOPPED if the end of the next record is unclear or it's longer than ``most`` bytes.
    """
    for slot in range(found.raw_counts.shape[0]):
        found.raw_counts[slot] = 0
        found.buckets[slot, :] = -1
    number = row = 0
    while True:
        i = _past_separators(text, i)
        if i >= size:
            return ENDED, number
        if number == ROWS:
            return FULL, number
        end = _record(text, i, found, row)
        if end == _NO_ROOM:
            return FULL, number
        found.doubtful[number] = end < 0
        if end < 0:
            end = _doubtful_end(text, i, number, ends)
        else:
            row += 1
        if end < 0 or end - i > most:
            return STOPPED, number
        found.record_starts[number], found.record_ends[number] = i, end
        i = end
        number += 1
