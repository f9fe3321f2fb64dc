"""Read plain records straight from their bytes into columns of numbers and places, without an object for each value.

Compiled by Numba, which keeps what it has compiled beside the module. What is read here is read as the typed decoder
of ``record`` and the checks of ``table`` would have it; tests hold the two together. A text that holds anything
doubtful, rare or broken is not judged: ``scan`` says where it stopped, and the caller reads that part the other way.
So this may be ignorant, but never wrong.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from interactions.codec import known_texts, layout
from interactions.codec.compiled import compiled
from interactions.codec.known_texts import named, remember
from interactions.codec.layout import (
    ALLOWED,
    CAMPAIGN,
    CONTEXT,
    FIELD_OF,
    FORM,
    INNER,
    IPV4,
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
from interactions.codec.tokens import (
    any_value,
    blank,
    fits,
    is_ipv4,
    is_uuid,
    moment,
    number,
    numbers,
    plain_end,
    raw,
    string,
    strings,
)

PADDING = b"\0" * 16  # has to follow the text, so that looking a few bytes ahead never leaves it
ROWS = 4096  # read at once at most
ITEMS = 1 << 16  # of lists, in these rows
UNKNOWN = 1 << 14  # fields that have no name in ``layout``, in these rows
_DEEPEST = 3  # objects within each other: a record, its context, its page

ENDED, FULL, STOPPED = range(3)

_URL = layout.bit(PAGE, "url")
_USER_ID, _ANONYMOUS_ID = (np.int32(layout.bit(RECORD, name)) for name in ("user_id", "anonymous_id"))
_USER_SLOT, _ANONYMOUS_SLOT = (
    layout.TEXT_SLOTS[RECORD, layout.NAMES[RECORD].index(name)] for name in ("user_id", "anonymous_id")
)
_CONTEXT, _CAMPAIGN = np.int32(layout.bit(RECORD, "context")), np.int32(layout.bit(CONTEXT, "campaign"))


class Found(NamedTuple):
    """What ``scan`` fills, a column of ROWS values for each slot of ``layout``.

    A string is the place of its first byte in the text and that after its last; the first is inverted (``~``) where
    there are escapes in it. ``has`` tells for each kind which fields a row's object has. Raw texts are numbered, equal
    ones of a call alike: ``raw_codes`` has each row's number, ``raws`` their places and how many keys are in them.
    Of fields that ``layout`` does not name there is the place of the key and value together; an object that has no
    field at all has an empty one.
    """

    has: np.ndarray  # int32 [kind, row]
    types: np.ndarray  # int8
    times: np.ndarray  # int64: µs since 1970
    starts: np.ndarray  # int32 [slot, row]
    ends: np.ndarray
    numbers: np.ndarray  # float64 [slot, row]
    offsets: np.ndarray  # int32 [slot of lists, row + 1]
    item_starts: np.ndarray  # int32 [slot, item]
    item_ends: np.ndarray
    quantities: np.ndarray  # float64 [item]
    quantity_offsets: np.ndarray  # int32 [row + 1]
    single: np.ndarray  # bool: quantities was a number and no list
    raw_codes: np.ndarray  # int32 [slot, row]
    raws: np.ndarray  # int32 [slot, number, (start, end, keys)]
    raw_counts: np.ndarray  # int64 [slot]
    buckets: np.ndarray  # int32 [slot, bucket]
    unknown: np.ndarray  # int32 [item, (kind, start, end, keys)]
    unknown_offsets: np.ndarray  # int32 [row + 1]
    open: np.ndarray  # int64 [level]: the kinds of the objects that are being read, or written by ``gathering``
    left: np.ndarray  # int64 [level]: the fields of each that are still to be written, as in ``has``


def found() -> Found:
    """Room for one ``scan``; to be used again and again."""
    texts, lists, reals, raws = map(len, (layout.TEXT_SLOTS, layout.TEXTS_SLOTS, layout.NUMBER_SLOTS, layout.RAW_SLOTS))
    return Found(
        has=np.zeros((len(layout.NAMES), ROWS), np.int32),
        types=np.zeros(ROWS, np.int8),
        times=np.zeros(ROWS, np.int64),
        starts=np.zeros((texts, ROWS), np.int32),
        ends=np.zeros((texts, ROWS), np.int32),
        numbers=np.zeros((reals, ROWS), np.float64),
        offsets=np.zeros((lists, ROWS + 1), np.int32),
        item_starts=np.zeros((lists, ITEMS), np.int32),
        item_ends=np.zeros((lists, ITEMS), np.int32),
        quantities=np.zeros(ITEMS, np.float64),
        quantity_offsets=np.zeros(ROWS + 1, np.int32),
        single=np.zeros(ROWS, np.bool_),
        raw_codes=np.zeros((raws, ROWS), np.int32),
        raws=np.zeros((raws, ROWS, 3), np.int32),
        raw_counts=np.zeros(raws, np.int64),
        buckets=np.zeros((raws, known_texts.BUCKETS), np.int32),
        unknown=np.zeros((UNKNOWN, 4), np.int32),
        unknown_offsets=np.zeros(ROWS + 1, np.int32),
        open=np.zeros(_DEEPEST, np.int64),
        left=np.zeros(_DEEPEST, np.int64),
    )


@compiled
def _note_unknown(found, row, kind, start, end, keys):
    """Note a field that ``layout`` does not name; whether there was room for it."""
    count = found.unknown_offsets[row + 1]
    if count >= UNKNOWN:
        return False
    unknown = found.unknown[count]
    unknown[0], unknown[1], unknown[2], unknown[3] = kind, start, end, keys
    found.unknown_offsets[row + 1] = count + 1
    return True


@compiled
def _leave_out_emptied(found, row):
    """An object of nothing but fields that ``layout`` does not name is none in a typed record."""
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
def _record(text, i, breaks, found, row):
    """Read the record that begins at ``i`` into ``row``: the place after it, -1 where it is doubtful, -2 where there
    is no room for its lists."""
    kinds = found.open
    kinds[0] = RECORD
    level = 0
    for kind in range(found.has.shape[0]):
        found.has[kind, row] = 0
    for slot in range(found.offsets.shape[0]):
        found.offsets[slot, row + 1] = found.offsets[slot, row]
    found.quantity_offsets[row + 1] = found.quantity_offsets[row]
    found.unknown_offsets[row + 1] = found.unknown_offsets[row]
    found.single[row] = False
    kind_of_record, kinds_with_unknown = -1, 0
    if text[i] != 0x7B:
        return -1
    i += 1
    while True:
        kind = kinds[level]
        while blank(text[i], breaks):
            i += 1
        if text[i] != 0x22:
            return -1
        start = i + 1
        i = start
        i = plain_end(text, i)
        if text[i] != 0x22:
            i, escaped = string(text, i)
            if i < 0 or escaped:  # it may be a name in disguise
                return -1
        field = named(text, start, i, FIELD_OF[kind], NAME[kind], NAME_SIZE[kind])
        i += 1
        while blank(text[i], breaks):
            i += 1
        if text[i] != 0x3A:
            return -1
        i += 1
        while blank(text[i], breaks):
            i += 1
        c = text[i]
        opened = False
        if field < 0:
            if not KEEPS_UNKNOWN[kind]:
                return -1
            i, keys = any_value(text, i, breaks)
            if i < 0:
                return -1
            if not _note_unknown(found, row, kind, start - 1, i, keys + 1):
                return -2
            kinds_with_unknown |= 1 << kind
        elif c == 0x6E:
            if text[i + 1] != 0x75 or text[i + 2] != 0x6C or text[i + 3] != 0x6C:
                return -1
            i += 4
        else:
            bit = np.int32(1 << field)
            if found.has[kind, row] & bit:
                return -1
            found.has[kind, row] |= bit
            form, slot, limit = FORM[kind, field], SLOT[kind, field], LIMIT[kind, field]
            if form == NUMBER:
                i, value = number(text, i)
                if i < 0:
                    return -1
                found.numbers[slot, row] = value
            elif form == TEXTS:
                if c != 0x5B:
                    return -1
                i, count = strings(
                    text, i, limit, breaks, found.item_starts[slot], found.item_ends[slot], found.offsets[slot, row + 1]
                )
                if i < 0:
                    return i
                found.offsets[slot, row + 1] = count
            elif form == NUMBERS:
                count = found.quantity_offsets[row]
                if c == 0x5B:
                    i, count = numbers(text, i, breaks, found.quantities, count)
                    if i < 0:
                        return i
                else:
                    i, value = number(text, i)
                    if i < 0:
                        return -1
                    if count >= ITEMS:
                        return -2
                    found.quantities[count] = value
                    found.single[row] = True
                    count += 1
                found.quantity_offsets[row + 1] = count
            elif form == OBJECT:
                if c != 0x7B:
                    return -1
                i += 1
                inner = INNER[kind, field]
                if text[i] == 0x7D and inner in (CONTEXT, CAMPAIGN):
                    if not _note_unknown(found, row, inner, i, i, 0):
                        return -2
                    kinds_with_unknown |= 1 << inner
                    i += 1
                else:
                    level += 1
                    kinds[level] = inner
                    opened = True
            elif form == RAW:
                if c != 0x7B:
                    return -1
                start = i
                i, keys = raw(text, i, breaks)
                if i < 0:
                    return -1
                found.raw_codes[slot, row] = remember(
                    text, start, i, keys, found.raws, found.raw_counts, found.buckets, slot
                )
            else:
                if c != 0x22:
                    return -1
                start = i + 1
                i, escaped = string(text, start)
                if i < 0:
                    return -1
                if form == TEXT:
                    if not fits(text, start, i, escaped, limit):
                        return -1
                elif escaped:
                    return -1
                if form == TYPE:
                    kind_of_record = named(text, start, i, TYPE_OF, TYPE_NAME, TYPE_SIZE)
                    if kind_of_record < 0:
                        return -1
                    found.types[row] = kind_of_record
                elif form == TIME:
                    time, known = moment(text, start, i)
                    if not known:
                        return -1
                    found.times[row] = time
                else:
                    if form == UUID and not is_uuid(text, start, i):
                        return -1
                    if form == IPV4 and not is_ipv4(text, start, i):
                        return -1
                    found.starts[slot, row] = ~start if escaped else start
                    found.ends[slot, row] = i
                i += 1
        while not opened:
            while blank(text[i], breaks):
                i += 1
            if text[i] == 0x2C:
                i += 1
                break
            if text[i] != 0x7D:
                return -1
            i += 1
            kind = kinds[level]
            has = found.has[kind, row]
            if has == 0 and not kinds_with_unknown & (1 << kind):  # all of it is null
                if kind not in (CONTEXT, CAMPAIGN):
                    return -1
                if not _note_unknown(found, row, kind, i, i, 0):
                    return -2
                kinds_with_unknown |= 1 << kind
            if kind == PAGE and not has & _URL:
                return -1
            if level == 0:
                if kind_of_record < 0 or has & ~ALLOWED[kind_of_record]:
                    return -1
                if kinds_with_unknown:
                    _leave_out_emptied(found, row)
                _leave_out_empty_ids(found, row)
                return i if has & REQUIRED[kind_of_record] == REQUIRED[kind_of_record] else -1
            level -= 1


@compiled
def scan(text, i, size, most, found):
    """Read records from the place ``i`` of a text of ``size`` bytes and the padding, as many as there is room for, each
    of at most ``most`` bytes, with anything that separates records between them.

    Answers how it ended, how many there are, and the place after the last: FULL, where there is no room for the next,
    or STOPPED, where what follows has to be read another way.
    """
    for slot in range(found.raw_counts.shape[0]):
        found.raw_counts[slot] = 0
        found.buckets[slot, :] = -1
    row, last = 0, i
    while True:
        while True:
            if blank(text[i], True) or text[i] == 0x2C or text[i] == 0x1E:
                i += 1
            elif text[i] == 0xEF and text[i + 1] == 0xBB and text[i + 2] == 0xBF:
                i += 3
            else:
                break
        if i >= size:
            return ENDED, row, last
        if row == ROWS:
            return FULL, row, last
        end = _record(text, i, True, found, row)
        if end < 0 or end - i > most:
            return (FULL if end == -2 and row else STOPPED), row, last
        i = last = end
        row += 1
