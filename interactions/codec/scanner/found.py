"""The output of ``scan``: columns of numbers and text positions."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np

from interactions.codec.scanner import layout
from interactions.compiled import known_texts

PADDING = b"\0" * 16  # must follow the text, because loops look a few bytes ahead
ROWS = 4096  # the most records of one scan
ITEMS = 1 << 16  # room for list items in these rows
UNKNOWN = 1 << 14  # room for fields that ``layout`` doesn't name in these rows
_DEEPEST = 3  # nested objects: a record, its context, its page
_TO_DOUBLE = ctypes.cast(ctypes.pythonapi.PyOS_string_to_double, ctypes.c_void_p).value


class ScannedColumns(NamedTuple):
    """The arrays that ``scan.scan`` fills: a column of ROWS values for each slot of ``layout``.

    A string is stored as its start and end in the text; the start is inverted (``~``) if the string has escapes.
    ``has`` is a bit mask of the fields of each row's object of a kind. Raw texts are numbered, equal ones with the same
    number: ``raw_codes`` has each row's number, ``raws`` has their positions and number of keys. For fields that
    ``layout`` doesn't name, the position of key and value together is stored; for an object without any fields, an
    empty position.
    """

    to_double: int  # the address for ``lanes.double``
    record_starts: np.ndarray  # int32 [record]
    record_ends: np.ndarray
    doubtful: np.ndarray  # bool [record]: it has no row
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
    single: np.ndarray  # bool: quantities was a number, not a list
    raw_codes: np.ndarray  # int32 [slot, row]
    raws: np.ndarray  # int32 [slot, number, (start, end, keys)]
    raw_counts: np.ndarray  # int64 [slot]
    buckets: np.ndarray  # int32 [slot, bucket]
    unknown: np.ndarray  # int32 [item, (kind, start, end, keys)]
    unknown_offsets: np.ndarray  # int32 [row + 1]
    open: np.ndarray  # int64 [level]: the kinds of the objects being read, or being written by ``gather``
    left: np.ndarray  # int64 [level]: the fields of each that are still to be written, a mask as in ``has``
    kept: np.ndarray  # int64 [1]: a mask of the kinds of the record's objects with something in ``unknown``


def room(items: int = ITEMS, unknown: int = UNKNOWN) -> ScannedColumns:
    """Allocate the arrays, which can be reused, with room for so many list items per slot and unknown fields."""
    texts, lists, reals, raws = map(len, (layout.TEXT_SLOTS, layout.TEXTS_SLOTS, layout.NUMBER_SLOTS, layout.RAW_SLOTS))
    return ScannedColumns(
        to_double=_TO_DOUBLE or 0,
        record_starts=np.zeros(ROWS, np.int32),
        record_ends=np.zeros(ROWS, np.int32),
        doubtful=np.zeros(ROWS, np.bool_),
        has=np.zeros((len(layout.NAMES), ROWS), np.int32),
        types=np.zeros(ROWS, np.int8),
        times=np.zeros(ROWS, np.int64),
        starts=np.zeros((texts, ROWS), np.int32),
        ends=np.zeros((texts, ROWS), np.int32),
        numbers=np.zeros((reals, ROWS), np.float64),
        offsets=np.zeros((lists, ROWS + 1), np.int32),
        item_starts=np.zeros((lists, items), np.int32),
        item_ends=np.zeros((lists, items), np.int32),
        quantities=np.zeros(items, np.float64),
        quantity_offsets=np.zeros(ROWS + 1, np.int32),
        single=np.zeros(ROWS, np.bool_),
        raw_codes=np.zeros((raws, ROWS), np.int32),
        raws=np.zeros((raws, ROWS, 3), np.int32),
        raw_counts=np.zeros(raws, np.int64),
        buckets=np.zeros((raws, known_texts.BUCKETS), np.int32),
        unknown=np.zeros((unknown, 4), np.int32),
        unknown_offsets=np.zeros(ROWS + 1, np.int32),
        open=np.zeros(_DEEPEST, np.int64),
        left=np.zeros(_DEEPEST, np.int64),
        kept=np.zeros(1, np.int64),
    )
