"""Build Arrow columns from what ``scan`` has found."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from interactions.codec.scanner import gather, layout
from interactions.codec.scanner.found import PADDING, ScannedColumns
from interactions.codec.scanner.free_form import FreeForm, numbered
from interactions.codec.scanner.layout import CAMPAIGN, CONTEXT, PAGE, RECORD, SEARCH, bit
from interactions.compiled import xxh3
from interactions.compiled.json_text import SLACK
from interactions.contract import fingerprint, schema

_KINDS = {
    RECORD: {name: name for name in schema.FIELDS},
    CONTEXT: {name: name for name in schema.CONTEXT_FIELDS},
    PAGE: {name: f"page_{name}" for name in schema.PAGE_FIELDS},
    CAMPAIGN: {name: f"campaign_{name}" for name in schema.CAMPAIGN_FIELDS},
    SEARCH: {name: name for name in schema.SEARCH_FIELDS},
}


class _Column(NamedTuple):
    """A column and the source of its values: the kind of object, the field's bit, and the slot."""

    name: str
    kind: int
    bit: int
    slot: int


def _columns(slots: dict[tuple[int, int], int]) -> list[_Column]:
    return [
        _Column(_KINDS[kind][layout.NAMES[kind][field]], kind, 1 << field, slot)
        for (kind, field), slot in slots.items()
    ]


_TEXTS, _LISTS, _NUMBERS = map(_columns, (layout.TEXT_SLOTS, layout.TEXTS_SLOTS, layout.NUMBER_SLOTS))
_QUANTITIES = _Column("quantities", RECORD, bit(RECORD, "quantities"), 0)
_TYPES = np.frombuffer("".join(layout.TYPES).encode() + PADDING, np.uint8)
_ENDS = np.cumsum(layout.TYPE_SIZE)
_TYPE_SPANS = np.column_stack([_ENDS - layout.TYPE_SIZE, _ENDS])
_SLACK = 96  # how many bytes longer a hashed record can be than its JSON: each number takes nine


class ScannedRows:
    """Rows that were just scanned, with their ``free``-form parts."""

    def __init__(self, found: ScannedColumns, codes: np.ndarray, rows: int, free: FreeForm) -> None:
        self._found, self._codes, self._rows, self._free = found, codes, rows, free
        self._size = int(found.record_ends[rows - 1] - found.record_starts[0])
        self._has = np.bitwise_or.reduce(found.has[:, :rows], axis=1)

    def columns(self) -> dict[str, pa.Array]:
        """All columns with values from the records, except timestamps."""
        return {
            "type": numbered(_TYPES, _TYPE_SPANS, self._found.types[: self._rows].astype(np.int32)),
            **self._strings(),
            **self._lists(),
            **self._numbers(),
            "quantities": self._column(_QUANTITIES, pa.list_(pa.float64()), self._quantities),
            "extra": self._free.extra(),
            "fingerprint": self._fingerprints(),
        }

    def _strings(self) -> dict[str, pa.Array]:
        rows, form = self._rows, pa.string()
        there = [text for text in _TEXTS if self._has[text.kind] & text.bit]
        arrays = {text.name: pa.nulls(rows, form) for text in _TEXTS if text not in there}
        data = np.empty(self._size + SLACK, np.uint8)
        offsets = np.empty((len(there), rows + 1), np.int32)
        valid = np.empty((len(there), (rows + 7) // 8), np.uint8)
        places, nulls = np.zeros(len(there), np.int64), np.zeros(len(there), np.int64)
        columns = np.array([text[1:] for text in there], np.int64).reshape(-1, 3)
        gather.strings(self._codes, self._found, columns, rows, data, places, offsets, valid, nulls)
        # Copied without the unused rest, because many tables are held until they're written.
        whole = pa.py_buffer(data[: places[-1] if there else 0].copy())
        start = 0
        for number, (text, end, missing) in enumerate(zip(there, places.tolist(), nulls.tolist(), strict=True)):
            buffers = [
                pa.py_buffer(valid[number]) if missing else None,
                pa.py_buffer(offsets[number]),
                whole.slice(start, end - start),
            ]
            arrays[text.name] = pa.Array.from_buffers(form, rows, buffers, missing)
            start = end
        return arrays

    def _lists(self) -> dict[str, pa.Array]:
        return {each.name: self._column(each, pa.list_(pa.string()), self._list) for each in _LISTS}

    def _list(self, column: _Column) -> tuple[np.ndarray, pa.Array]:
        """The offsets of each row's items, and all items."""
        found, slot = self._found, column.slot
        count = int(found.offsets[slot, self._rows])
        data, offsets = np.empty(self._size + SLACK, np.uint8), np.empty(count + 1, np.int32)
        end = gather.items(self._codes, found.item_starts[slot], found.item_ends[slot], count, data, 0, offsets)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data[:end].copy())]
        return found.offsets[slot, : self._rows + 1], pa.Array.from_buffers(pa.string(), count, buffers, 0)

    def _quantities(self, column: _Column) -> tuple[np.ndarray, pa.Array]:
        offsets = self._found.quantity_offsets[: self._rows + 1]
        return offsets, plain(self._found.quantities[: offsets[-1]].copy(), pa.float64())

    def _numbers(self) -> dict[str, pa.Array]:
        return {each.name: self._column(each, pa.float64(), self._number) for each in _NUMBERS}

    def _number(self, column: _Column) -> tuple[np.ndarray, None]:
        return self._found.numbers[column.slot, : self._rows], None

    def _column(
        self, column: _Column, form: pa.DataType, read: Callable[[_Column], tuple[np.ndarray, pa.Array | None]]
    ) -> pa.Array:
        """A column of numbers or lists. ``read`` returns its values or offsets, and for lists the items."""
        if not self._has[column.kind] & column.bit:
            return pa.nulls(self._rows, form)
        values, inner = read(column)
        there = self._there(column.kind, column.bit)
        nulls = self._rows - int(np.count_nonzero(there))
        valid = pa.py_buffer(np.packbits(there, bitorder="little")) if nulls else None
        buffers = [valid, pa.py_buffer(values.copy())]
        return pa.Array.from_buffers(form, self._rows, buffers, nulls, children=None if inner is None else [inner])

    def _there(self, kind: int, one: int) -> np.ndarray:
        found: np.ndarray = self._found.has[kind, : self._rows] & one != 0
        return found

    def _fingerprints(self) -> pa.Array:
        found, rows, free = self._found, self._rows, self._free.hashed()
        numbers = 9 * int(found.quantity_offsets[rows])
        out = np.empty(self._size + free.size + _SLACK * rows + numbers + SLACK, np.uint8)
        after, by_uuid = np.empty(rows, np.int64), np.empty(rows, np.bool_)
        gather.canonical(
            self._codes,
            found,
            rows,
            found.numbers.view(np.int64),
            found.quantities.view(np.int64),
            free.texts,
            free.spans,
            free.customs,
            free.uuids,
            free.rests,
            out,
            after,
            by_uuid,
        )
        return fingerprint.marked(xxh3.digests(out, after), by_uuid)


def plain(values: np.ndarray, form: pa.DataType) -> pa.Array:
    """A column of these values, without nulls."""
    return pa.Array.from_buffers(form, len(values), [None, pa.py_buffer(values)], 0)
