"""Read records straight from their bytes into columns of numbers and places, without an object for each value.

Compiled by Numba, which keeps what it has compiled beside the module. A record that holds anything doubtful, rare or
broken is not judged: ``scan`` says where it stopped, and the rule book (``check``) has the word. So this may be
ignorant, but never wrong: tests hold the two together.
"""

from __future__ import annotations

import numpy as np

from interactions.codec.scanner import layout
from interactions.codec.scanner.found import ROWS
from interactions.codec.scanner.known_texts import named, remember
from interactions.codec.scanner.layout import (
    ALLOWED,
    CAMPAIGN,
    CONTEXT,
    FIELD_OF,
    FORM,
    INNER,
    KEEPS_EMPTY,
    KEEPS_UNKNOWN,
    LIMIT,
    NAME,
    NAME_SIZE,
    NUMBER,
    NUMBERS,
    OBJECT,
    PAGE,
    RAW,
    RECORD,
    REQUIRED,
    SEARCH,
    SLOT,
    TEXT,
    TEXTS,
    TIME,
    TYPE,
    TYPE_NAME,
    TYPE_OF,
    TYPE_SIZE,
    UUID,
)
from interactions.codec.scanner.tokens import (
    any_value,
    fits,
    is_blank,
    is_ipv4,
    is_uuid,
    moment,
    number,
    numbers,
    past_blanks,
    past_colon,
    past_null,
    plain_end,
    raw,
    string,
    strings,
)
from interactions.compiled.hex_digits import hexadecimal
from interactions.compiled.jit import compiled

ENDED, FULL, STOPPED = range(3)
_DOUBTFUL, _NO_ROOM = -1, -2  # in the place of that after a record

_URL, _TYPE = layout.bit(PAGE, "url"), layout.bit(RECORD, "type")
_USER_ID, _ANONYMOUS_ID = (np.int32(layout.bit(RECORD, name)) for name in ("user_id", "anonymous_id"))
_USER_SLOT, _ANONYMOUS_SLOT = (
    layout.TEXT_SLOTS[RECORD, layout.NAMES[RECORD].index(name)] for name in ("user_id", "anonymous_id")
)
_CONTEXT, _SEARCH = (np.int32(layout.bit(RECORD, name)) for name in ("context", "search"))
_CAMPAIGN = np.int32(layout.bit(CONTEXT, "campaign"))


@compiled
def _note_unknown(found, row, kind, start, end, keys):
    """Note a field that ``layout`` does not name; the place after it, _NO_ROOM where there is none for it."""
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
    """An object of nothing but fields that ``layout`` does not name has no field that is a column."""
    if found.has[SEARCH, row] == 0:
        found.has[RECORD, row] &= ~_SEARCH
    if found.has[CAMPAIGN, row] == 0:
        found.has[CONTEXT, row] &= ~_CAMPAIGN
    if found.has[CONTEXT, row] == 0:
        found.has[RECORD, row] &= ~_CONTEXT


@compiled
def _leave_out_empty_ids(found, row):
    """An id of no characters is absent."""
    if found.starts[_USER_SLOT, row] == found.ends[_USER_SLOT, row]:
        found.has[RECORD, row] &= ~_USER_ID
    if found.starts[_ANONYMOUS_SLOT, row] == found.ends[_ANONYMOUS_SLOT, row]:
        found.has[RECORD, row] &= ~_ANONYMOUS_ID


@compiled
def _begin(found, row):
    """An empty record in ``row``."""
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
    """Whether letters of a key with escapes are written as such, so that it may be a name after all."""
    while i < end:
        if text[i] == 0x5C:
            if text[i + 1] == 0x75 and 0x20 <= hexadecimal(text, i + 2) < 0x80:
                return True
            i += 1
        i += 1
    return False


@compiled
def _key(text, i, kind):
    """The place of the closing quote of the key at ``i``, _DOUBTFUL where it is none or may be another; and the number
    of its field, -1 where ``layout`` has no such name."""
    if text[i] != 0x22:
        return _DOUBTFUL, -1
    end = plain_end(text, i + 1)
    if text[end] == 0x22:
        return end, named(text, i + 1, end, FIELD_OF[kind], NAME[kind], NAME_SIZE[kind])
    end, escaped = string(text, end)
    return (_DOUBTFUL if end < 0 or (escaped and _is_disguised(text, i + 1, end)) else end), -1


@compiled
def _unknown(text, key, i, kind, found, row):
    """Step over the value at ``i`` of a field without a name in ``layout``, whose key begins at ``key``."""
    if not KEEPS_UNKNOWN[kind]:
        return past_null(text, i)  # as if it were not there
    end, keys = any_value(text, i)
    return end if end < 0 else _note_unknown(found, row, kind, key, end, keys + 1)


@compiled
def _amount(text, i, slot, found, row):
    end, value = number(text, i, found.to_double)
    found.numbers[slot, row] = value
    return end


@compiled
def _strings(text, i, slot, limit, found, row):
    if text[i] != 0x5B:
        return _DOUBTFUL
    starts, ends = found.item_starts[slot], found.item_ends[slot]
    end, count = strings(text, i, limit, starts, ends, found.offsets[slot, row + 1])
    found.offsets[slot, row + 1] = count
    return end


@compiled
def _quantities(text, i, found, row):
    """A list of numbers, or a number."""
    count = found.quantity_offsets[row]
    if text[i] == 0x5B:
        end, count = numbers(text, i, found.to_double, found.quantities, count)
    elif count >= len(found.quantities):
        return _NO_ROOM
    else:
        end, found.quantities[count] = number(text, i, found.to_double)
        found.single[row] = True
        count += 1
    found.quantity_offsets[row + 1] = count
    return end


@compiled
def _raw(text, i, slot, found, row):
    """An object of any form, which is numbered."""
    if text[i] != 0x7B:
        return _DOUBTFUL
    end, keys = raw(text, i)
    if end >= 0:
        number = remember(text, i, end, keys, found.raws, found.raw_counts, found.buckets, slot)
        found.raw_codes[slot, row] = number
    return end


@compiled
def _type(text, start, end, found, row):
    found.types[row] = named(text, start, end, TYPE_OF, TYPE_NAME, TYPE_SIZE)
    return found.types[row] >= 0


@compiled
def _time(text, start, end, found, row):
    found.times[row], is_known = moment(text, start, end)
    return is_known


@compiled
def _text(text, i, form, slot, limit, found, row):
    """A string, or what is written as one."""
    if text[i] != 0x22:
        return _DOUBTFUL
    start = i + 1
    end, escaped = string(text, start)
    if end < 0:
        return end
    if form == TEXT:
        is_good = fits(text, start, end, limit)
    elif form == TIME:
        is_good = _time(text, start, end, found, row)
    elif form == TYPE:
        is_good = _type(text, start, end, found, row)
    elif form == UUID:
        is_good = is_uuid(text, start, end)
    else:
        is_good = is_ipv4(text, start, end)
    if form != TYPE and form != TIME:
        found.starts[slot, row] = ~start if escaped else start
        found.ends[slot, row] = end
    return end + 1 if is_good else _DOUBTFUL


@compiled
def _value(text, i, kind, field, found, row):
    """Read the value at ``i`` of a field that is no object; the place after it, or below 0 why there is none."""
    form, slot = FORM[kind, field], SLOT[kind, field]
    if form == NUMBER:
        return _amount(text, i, slot, found, row)
    if form == TEXTS:
        return _strings(text, i, slot, LIMIT[kind, field], found, row)
    if form == NUMBERS:
        return _quantities(text, i, found, row)
    if form == RAW:
        return _raw(text, i, slot, found, row)
    return _text(text, i, form, slot, LIMIT[kind, field], found, row)


@compiled
def _close(i, kind, found, row):
    """End the object whose brace is at ``i``: the place of the brace, or below 0 why it may not end."""
    has = found.has[kind, row]
    if has == 0 and not found.kept[0] & (1 << kind):  # all of it is null
        return _note_unknown(found, row, kind, i, i, 0) if KEEPS_EMPTY[kind] else _DOUBTFUL
    return _DOUBTFUL if kind == PAGE and not has & _URL else i


@compiled
def _is_whole(found, row):
    """Whether the record in ``row``, which has ended, has all fields that its type asks for and no others."""
    has = found.has[RECORD, row]
    if not has & _TYPE:
        return False
    kind = found.types[row]
    if found.kept[0]:
        _leave_out_emptied(found, row)
    _leave_out_empty_ids(found, row)
    return has & ~ALLOWED[kind] == 0 and has & REQUIRED[kind] == REQUIRED[kind]


@compiled
def _record(text, i, found, row):
    """Read the record that begins at ``i`` into ``row``: the place after it, _DOUBTFUL, or _NO_ROOM for its lists."""
    if text[i] != 0x7B:
        return _DOUBTFUL
    _begin(found, row)
    kinds, level, i = found.open, 0, i + 1
    while True:
        kind = kinds[level]
        key = past_blanks(text, i)
        i, field = _key(text, key, kind)
        if i < 0:
            return _DOUBTFUL
        i = past_colon(text, i + 1)
        if i < 0:
            return _DOUBTFUL
        opened = False
        if field < 0:
            i = _unknown(text, key, i, kind, found, row)
        elif text[i] == 0x6E:
            i = past_null(text, i)
        else:
            bit = np.int32(1 << field)
            if found.has[kind, row] & bit:
                return _DOUBTFUL
            found.has[kind, row] |= bit
            if FORM[kind, field] != OBJECT:
                i = _value(text, i, kind, field, found, row)
            elif text[i] != 0x7B:
                return _DOUBTFUL
            else:
                opened, level, i = True, level + 1, i + 1
                kinds[level] = INNER[kind, field]
        if i < 0:
            return i
        if opened:
            i = past_blanks(text, i)
            opened = text[i] != 0x7D
        while not opened:
            i = past_blanks(text, i)
            if text[i] == 0x2C:
                i += 1
                break
            if text[i] != 0x7D:
                return _DOUBTFUL
            i = _close(i, kinds[level], found, row)
            if i < 0:
                return i
            i += 1
            if level == 0:
                return i if _is_whole(found, row) else _DOUBTFUL
            level -= 1


@compiled
def _past_separators(text, i):
    while True:
        if is_blank(text[i]) or text[i] == 0x2C or text[i] == 0x1E:
            i += 1
        elif text[i] == 0xEF and text[i + 1] == 0xBB and text[i + 2] == 0xBF:
            i += 3
        else:
            return i


@compiled
def scan(text, i, size, most, found):
    """Read records from the place ``i`` of a text of ``size`` bytes and the padding, as many as there is room for, each
    of at most ``most`` bytes, with anything that separates records between them.

    Answers how it ended and how many there are: FULL, where there is no room for the next, or STOPPED, where what
    follows has to be read another way.
    """
    for slot in range(found.raw_counts.shape[0]):
        found.raw_counts[slot] = 0
        found.buckets[slot, :] = -1
    row = 0
    while True:
        i = _past_separators(text, i)
        if i >= size:
            return ENDED, row
        if row == ROWS:
            return FULL, row
        end = _record(text, i, found, row)
        if end < 0 or end - i > most:
            return (FULL if end == _NO_ROOM else STOPPED), row
        found.record_starts[row], found.record_ends[row] = i, end
        i = end
        row += 1
