"""The free-form parts of scanned records: custom_context, search filters, and context fields that aren't in the schema.

Each different one is read once. They are part of the fingerprint and make up the ``extra`` column: everything in a
record that no other column holds, as JSON in the record's shape,
``{"search":{"filters":…},"context":{"custom_context":…,…}}``. Merged into the record built from the columns, it
restores the original (see ``export``). ``quantities`` is in ``extra`` if the record had a number instead of a list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from interactions.codec.scanner import custom, custom_texts, gather, layout, rest
from interactions.codec.scanner.custom import FAULTS, Custom, remembered
from interactions.codec.scanner.found import PADDING, ScannedColumns
from interactions.codec.scanner.layout import CONTEXT, REST, SEARCH, bit
from interactions.codec.scanner.rest import Numbered, Rest
from interactions.compiled import xxh3
from interactions.compiled.json_text import SLACK
from interactions.contract import fingerprint

_AROUND = np.array(
    [-len(custom_texts.BEFORE), len(custom_texts.AFTER)]
)  # added to a span to include the JSON around it
_FAULTY = Custom(b"{}", None, -1)
_NUMBER_SIZE = 9  # bytes of a number as it's hashed
_MORE = 96  # how many bytes longer a hashed record can be than its JSON, apart from quantities
_NOWHERE = np.zeros((1, 2), np.int64)  # for the number -1

_REMEMBERED = 20_000  # custom_contexts
_LARGEST = 4096  # bytes; longer ones are unlikely to repeat
_filters = msgspec.json.Decoder(dict[str, list[str]])
_packed = msgspec.msgpack.Encoder(order="deterministic")
_encode = msgspec.json.Encoder(order="deterministic").encode


def _slot(kind: int, name: str) -> int:
    return layout.RAW_SLOTS[kind, layout.NAMES[kind].index(name)]


_CUSTOM, _FILTERS = _slot(CONTEXT, "custom_context"), _slot(SEARCH, "filters")
_CUSTOM_BIT, _FILTERS_BIT = bit(CONTEXT, "custom_context"), bit(SEARCH, "filters")


class Known:
    """The caches of custom_contexts and other context fields, kept from one text to the next."""

    def __init__(self) -> None:
        self.customs = remembered(custom.read, most=_REMEMBERED, longest=_LARGEST)
        self.rests = rest.Finder()


class _Customs(NamedTuple):
    """The distinct custom_contexts of some rows, written as extras to ``texts``.

    ``spans`` has the start and end of each, without the JSON around it; ``uuids`` the start and end of its uuid, -1
    without one. ``codes`` has each row's index into ``spans``, -1 without a custom_context. ``faulty`` has the indexes
    of invalid ones.
    """

    texts: np.ndarray
    spans: np.ndarray
    uuids: np.ndarray
    codes: np.ndarray
    faulty: list[int]


class FreeForm:
    """The free-form parts of ``rows`` rows that were just scanned in ``text``."""

    def __init__(self, found: ScannedColumns, codes: np.ndarray, text: bytes, rows: int, known: Known) -> None:
        self._found, self._codes, self._text, self._rows = found, codes, text, rows
        self._customs = self._custom_contexts(known.customs)
        self._filters = self._search_filters()
        self._rests = known.rests.find(codes, found, rows)

    def faulty(self) -> np.ndarray:
        """Whether each row has a part that may be invalid. What the other methods return for it means nothing."""
        rows: np.ndarray = np.zeros(self._rows, bool)
        for codes, numbers in (
            (self._customs.codes, self._customs.faulty),
            (self._filters.codes, [number for number, each in enumerate(self._filters.values) if each is None]),
            (self._rests.codes, [number for number, each in enumerate(self._rests.values) if each is None]),
        ):
            if numbers:
                rows |= np.isin(codes, numbers)
        return rows

    def extra(self) -> pa.Array:
        """The ``extra`` column."""
        texts, spans, codes = self._customs.texts, self._customs.spans, self._customs.codes
        single = self._found.single[: self._rows]
        rare = np.flatnonzero((self._filters.codes >= 0) | single | (self._rests.codes >= 0))
        spans = spans + _AROUND
        if len(rare):
            wholes, numbers = self._whole_extras(rare)
            codes = codes.copy()
            codes[rare] = np.array(numbers) + len(spans)
            ends = len(texts) + np.cumsum(np.array([len(text) for text in wholes], np.int64))
            spans = np.concatenate([spans, np.column_stack([np.append(len(texts), ends[:-1]), ends])])
            texts = np.concatenate([texts, np.frombuffer(b"".join(wholes) + PADDING, np.uint8)])
        return numbered(texts, spans, codes)

    def _whole_extras(self, rows: np.ndarray) -> tuple[list[bytes], list[int]]:
        """The distinct extras of rows that have more than a custom_context, and each row's index into them."""
        texts, spans = self._customs.texts.data, self._customs.spans
        places = np.concatenate([spans, _NOWHERE])[self._customs.codes[rows]]
        single = np.where(self._found.single[rows], self._found.quantity_offsets[rows], -1)
        parts = np.column_stack([places, self._filters.codes[rows], single, self._rests.codes[rows]])
        numbers: dict[tuple[int, ...], int] = {}
        numbered = [numbers.setdefault(tuple(each), len(numbers)) for each in parts.tolist()]
        wholes = [self._whole_extra(bytes(texts[start:end]), *others) for start, end, *others in numbers]
        return wholes, numbered

    def _whole_extra(self, custom: bytes, filters: int, single: int, rest: int) -> bytes:
        """Build an extra from a custom_context (empty if there is none) and the parts with these indexes (negative if
        there is none)."""
        beyond: Rest | None = self._rests.values[rest] if rest >= 0 else None
        if custom and beyond is not None and filters < 0 and single < 0:
            return beyond.around(custom)
        whole: dict[str, Any] = {} if beyond is None else dict(beyond.values)
        if custom:
            whole["context"] = {**whole.get("context", {}), "custom_context": msgspec.Raw(custom)}
        if single >= 0:
            whole["quantities"] = float(self._found.quantities[single])
        if filters >= 0:
            whole["search"] = {"filters": self._filters.values[filters]}
        return _encode(whole)

    def fingerprints(self, size: int) -> pa.Array:
        """The fingerprints of the rows; the records' JSON has ``size`` bytes."""
        customs, filters, rests = self._customs, self._filters, self._rests
        packed = [*map(_packed.encode, filters.values), *(each.packed if each else b"" for each in rests.values)]
        ends = len(customs.texts) + np.cumsum(np.array([0, *map(len, packed)], np.int64))
        places = np.column_stack([ends[:-1], ends[1:]])
        spans = np.zeros((REST + 1, max(len(customs.spans), len(packed)), 2), np.int64)
        spans[_CUSTOM, : len(customs.spans)] = customs.spans
        spans[_FILTERS, : len(filters.values)] = places[: len(filters.values)]
        spans[REST, : len(rests.values)] = places[len(filters.values) :]
        texts = customs.texts
        if packed:
            texts = np.concatenate([texts, np.frombuffer(b"".join(packed) + PADDING, np.uint8)])
        found, rows = self._found, self._rows
        parts = (customs.spans, customs.codes), (spans[_FILTERS], filters.codes), (spans[REST], rests.codes)
        size += sum(_size(*part) for part in parts) + _NUMBER_SIZE * int(found.quantity_offsets[rows])
        size += _MORE * rows + SLACK
        out, ends, by_uuid = np.empty(size, np.uint8), np.empty(rows, np.int64), np.empty(rows, np.bool_)
        bits = found.numbers.view(np.int64), found.quantities.view(np.int64)
        codes = customs.codes, customs.uuids, rests.codes
        gather.canonical(self._codes, found, rows, *bits, texts, spans, *codes, out, ends, by_uuid)
        return fingerprint.marked(xxh3.digests(out, ends), by_uuid)

    def _custom_contexts(self, read: Callable[[bytes], Custom]) -> _Customs:
        count = int(self._found.raw_counts[_CUSTOM])
        raws = self._found.raws[_CUSTOM, :count]
        size = int((raws[:, 1] - raws[:, 0]).sum()) + count * int(_AROUND[1] - _AROUND[0]) + SLACK
        out = np.empty(size, np.uint8)
        order = np.empty((custom_texts.MOST_KEYS, 4), np.int64)
        spans, uuids = np.empty((count, 2), np.int64), np.empty((count, 2), np.int64)
        place = custom_texts.write(self._codes, raws, count, order, out, spans, uuids)
        others = np.flatnonzero(spans[:, 0] < 0).tolist()
        faulty: list[int] = []
        if others:
            more, faulty = self._other_customs(read, others, spans, uuids, place)
            out = np.concatenate([out[:place], np.frombuffer(more + PADDING, np.uint8)])
        return _Customs(out, spans, uuids, self._raw_codes(_CUSTOM, CONTEXT, _CUSTOM_BIT), faulty)

    def _other_customs(
        self, read: Callable[[bytes], Custom], numbers: list[int], spans: np.ndarray, uuids: np.ndarray, place: int
    ) -> tuple[bytearray, list[int]]:
        """Write those that aren't simple, and fill in ``spans`` and ``uuids``.

        Returns the text, which begins at ``place``, and the indexes of invalid ones.
        """
        more, faulty = bytearray(), list[int]()
        places = self._raw_places(_CUSTOM)
        for number in numbers:
            start, end, keys = places[number]
            try:
                made = read(self._text[start:end])
            except FAULTS:
                made = _FAULTY
            if made.keys != keys:  # it has a duplicate key
                faulty.append(number)
            more += custom_texts.BEFORE
            spans[number] = place + len(more), place + len(more) + len(made.text)
            more += made.text + custom_texts.AFTER
            if made.uuid is not None:
                uuids[number, 0] = place + len(more)
                more += made.uuid.encode()
                uuids[number, 1] = place + len(more)
        return more, faulty

    def _search_filters(self) -> Numbered:
        values = [self._read_filters(*place) for place in self._raw_places(_FILTERS)]
        return Numbered(values, self._raw_codes(_FILTERS, SEARCH, _FILTERS_BIT))

    def _read_filters(self, start: int, end: int, keys: int) -> dict[str, list[str]] | None:
        try:
            filters = _filters.decode(self._text[start:end])
        except FAULTS:
            return None
        return filters if len(filters) == keys else None

    def _raw_places(self, slot: int) -> list[tuple[int, int, int]]:
        count = int(self._found.raw_counts[slot])
        places: list[tuple[int, int, int]] = self._found.raws[slot, :count].tolist()
        return places

    def _raw_codes(self, slot: int, kind: int, one: int) -> np.ndarray:
        there = self._found.has[kind, : self._rows] & one != 0
        return np.where(there, self._found.raw_codes[slot, : self._rows], -1)


def numbered(texts: np.ndarray, spans: np.ndarray, codes: np.ndarray) -> pa.Array:
    """A string column: for each row the span of ``texts`` with the index in ``codes``, or null if that's negative."""
    rows, size = len(codes), _size(spans, codes)
    data, offsets = np.empty(size + SLACK, np.uint8), np.empty(rows + 1, np.int32)
    valid = np.empty((rows + 7) // 8, np.uint8)
    _, nulls = gather.numbered(texts, spans, codes, rows, data, offsets, valid)
    buffers = [pa.py_buffer(valid) if nulls else None, pa.py_buffer(offsets), pa.py_buffer(data[:size])]
    return pa.Array.from_buffers(pa.string(), rows, buffers, nulls)


def _size(spans: np.ndarray, codes: np.ndarray) -> int:
    """The total size in bytes of the spans that ``codes`` refer to; -1 counts as nothing."""
    return int(np.append(spans[:, 1] - spans[:, 0], 0)[codes].sum())
