"""Build Arrow columns from what ``scan`` has found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from interactions.codec.scanner import gather, layout
from interactions.codec.scanner.found import PADDING, ScannedColumns
from interactions.codec.scanner.free_form import FreeForm, numbered
from interactions.codec.scanner.layout import CAMPAIGN, PAGE, RECORD, bit
from interactions.compiled.json_text import SLACK

_PREFIXES = {PAGE: "page_", CAMPAIGN: "campaign_"}


class _Column(NamedTuple):
    """A column and the source of its values: the kind of object, the field's bit, and the slot."""

    name: str
    kind: int
    bit: int
    slot: int


def _columns(slots: dict[tuple[int, int], int]) -> list[_Column]:
    return [
        _Column(_PREFIXES.get(kind, "") + layout.NAMES[kind][field], kind, 1 << field, slot)
        for (kind, field), slot in slots.items()
    ]


_TEXTS, _LISTS, _NUMBERS = map(_columns, (layout.TEXT_SLOTS, layout.TEXTS_SLOTS, layout.NUMBER_SLOTS))
_QUANTITIES = _Column("quantities", RECORD, bit(RECORD, "quantities"), 0)
_TYPES = np.frombuffer("".join(layout.TYPES).encode() + PADDING, np.uint8)
_ENDS = np.cumsum(layout.TYPE_SIZE)
_TYPE_SPANS = np.column_stack([_ENDS - layout.TYPE_SIZE, _ENDS])


class ScannedRows:
    """The rows of ``records`` that were just scanned, with their ``free``-form parts."""

    def __init__(self, found: ScannedColumns, codes: np.ndarray, rows: int, records: int, free: FreeForm) -> None:
        self._found, self._codes, self._rows, self._free = found, codes, rows, free
        self._size = int(found.record_ends[records - 1] - found.record_starts[0])
        self._has = np.bitwise_or.reduce(found.has[:, :rows], axis=1)

    def columns(self) -> dict[str, pa.Array]:
        """All columns with values from the records, except timestamps."""
        found, rows = self._found, self._rows
        offsets = found.quantity_offsets[: rows + 1]
        quantities = plain(found.quantities[: offsets[-1]].copy(), pa.float64())
        return {
            "type": numbered(_TYPES, _TYPE_SPANS, found.types[:rows].astype(np.int32)),
            **self._strings(),
            **{each.name: self._list(each) for each in _LISTS},
            **{each.name: self._column(each, pa.float64(), found.numbers[each.slot, :rows]) for each in _NUMBERS},
            "quantities": self._column(_QUANTITIES, pa.list_(pa.float64()), offsets, quantities),
            "extra": self._free.extra(),
            "fingerprint": self._free.fingerprints(self._size),
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

    def _list(self, column: _Column) -> pa.Array:
        found, slot = self._found, column.slot
        count = int(found.offsets[slot, self._rows])
        data, offsets = np.empty(self._size + SLACK, np.uint8), np.empty(count + 1, np.int32)
        end = gather.items(self._codes, found.item_starts[slot], found.item_ends[slot], count, data, 0, offsets)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data[:end].copy())]
        items = pa.Array.from_buffers(pa.string(), count, buffers, 0)
        return self._column(column, pa.list_(pa.string()), found.offsets[slot, : self._rows + 1], items)

    def _column(
        self, column: _Column, form: pa.DataType, values: np.ndarray, items: pa.Array | None = None
    ) -> pa.Array:
        """A column of numbers, or of lists with these ``items`` and offsets as ``values``."""
        if not self._has[column.kind] & column.bit:
            return pa.nulls(self._rows, form)
        there = self._found.has[column.kind, : self._rows] & column.bit != 0
        nulls = self._rows - int(np.count_nonzero(there))
        valid = pa.py_buffer(np.packbits(there, bitorder="little")) if nulls else None
        buffers = [valid, pa.py_buffer(values.copy())]
        return pa.Array.from_buffers(form, self._rows, buffers, nulls, children=None if items is None else [items])


def plain(values: np.ndarray, form: pa.DataType) -> pa.Array:
    """A column of these values, without nulls."""
    return pa.Array.from_buffers(form, len(values), [None, pa.py_buffer(values)], 0)
