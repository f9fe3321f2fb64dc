"""Plain records become a table by way of ``scanning``: the same table as ``table`` makes of them, in less time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from interactions import schema
from interactions.codec import custom_texts, gathering, hashing, layout, rest, scanning
from interactions.codec.columns import TABLE_SCHEMA
from interactions.codec.custom import Customs, NotPlain
from interactions.codec.extra import whole_extra
from interactions.codec.keyring import Keyring
from interactions.codec.layout import CAMPAIGN, CONTEXT, PAGE, RECORD, REST, SEARCH, bit
from interactions.codec.table import Doubtful, Origin

_KINDS = {
    RECORD: {name: name for name in schema.FIELDS},
    CONTEXT: {name: name for name in schema.CONTEXT_FIELDS},
    PAGE: {name: f"page_{name}" for name in schema.PAGE_FIELDS},
    CAMPAIGN: {name: f"campaign_{name}" for name in schema.CAMPAIGN_FIELDS},
    SEARCH: {name: name for name in schema.SEARCH_FIELDS},
}


class _Column(NamedTuple):
    """A column, and where its values are found: the kind of object, the bit of the field, and the slot."""

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
_RAW = {_KINDS[kind][layout.NAMES[kind][field]]: slot for (kind, field), slot in layout.RAW_SLOTS.items()}
_CUSTOM, _FILTERS = _RAW["custom_context"], _RAW["filters"]
_CUSTOM_BIT, _FILTERS_BIT = bit(CONTEXT, "custom_context"), bit(SEARCH, "filters")
_TIMED, _QUANTITIES = bit(RECORD, "timestamp"), bit(RECORD, "quantities")
_TYPES = pa.array(layout.TYPES, pa.string())
_MOMENT, _KEY = pa.timestamp("us", "UTC"), pa.int64()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AROUND = np.array([-len(custom_texts.BEFORE), len(custom_texts.AFTER)])  # of a custom_context in an extra
_SLACK = 96  # bytes of a hashed record beyond its JSON: each of its numbers takes nine

_filters = msgspec.json.Decoder(dict[str, list[str]])
_packed = msgspec.msgpack.Encoder(order="deterministic")
_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, NotPlain)


@dataclass(frozen=True, slots=True)
class Scanned:
    """Tables of ``records`` rows in all, of which ``untimed`` came without a timestamp."""

    tables: list[pa.Table]
    records: int
    untimed: int


class Scanner:
    """Reads texts for one origin; ``known`` remembers what custom_contexts are."""

    def __init__(self, origin: Origin, keyring: Keyring, known: Customs) -> None:
        self._keyring, self._known, self._rests = keyring, known, rest.Finder()
        self._found = scanning.found()
        self._origin = origin
        self._received = (origin.received_at - _EPOCH) // timedelta(microseconds=1)

    def read(self, text: bytes, *, by_line: bool) -> Scanned:
        """All records of a text, one a line or with commas between them. Raises Doubtful where not all are plain."""
        codes = np.frombuffer(text + scanning.PADDING, np.uint8)
        tables, records, untimed, place = [], 0, 0, 0
        while True:
            how, rows, end = scanning.scan(codes, place, len(text), by_line, self._found)
            if how == scanning.STOPPED:
                raise Doubtful
            if rows:
                found = _Rows(self._found, codes, text, place, end, rows, self._known, self._rests)
                tables.append(found.table(self))
                untimed += rows - int(np.count_nonzero(self._found.has[RECORD, :rows] & _TIMED))
                records += rows
            if how == scanning.ENDED:
                return Scanned(tables, records, untimed)
            place = end

    def times(self, times: np.ndarray, timed: np.ndarray) -> pa.Array:
        """Each record's time, that of receipt where it has none."""
        return _plain(np.where(timed, times, self._received), _MOMENT)

    def origin(self, rows: int) -> dict[str, pa.Array]:
        """The columns that say where records come from."""
        return {
            "received_at": _plain(np.full(rows, self._received), _MOMENT),
            "import_id": _plain(np.full(rows, self._origin.import_id), _KEY),
        }

    def keys(self, identifiers: pa.Array) -> pa.Array:
        """The keyed hash of each id."""
        if identifiers.null_count == len(identifiers):
            return pa.nulls(len(identifiers), _KEY)
        named = identifiers.dictionary_encode()
        return pa.array(self._keyring.keys_of(named.dictionary.to_pylist()), _KEY).take(named.indices)


def load() -> None:
    """Load what is compiled, or compile it where that was never done, so that the first records need not wait."""
    text = b'{"type":"checkout","user_id":"","product_ids":["a"],"quantities":1,"revenue":1,"context":{"a":1}}'
    Scanner(Origin(0, _EPOCH), Keyring(b""), Customs()).read(text, by_line=True)


class _Customs(NamedTuple):
    """The different custom_contexts of some rows by their number, as extras in ``texts``.

    ``spans``: where each begins and ends there, without what stands around it in an extra; ``uuids``: where the uuid
    of each does, -1 where it has none. ``codes`` has the number of each row, -1 where it has none.
    """

    texts: np.ndarray
    spans: np.ndarray
    uuids: np.ndarray
    codes: np.ndarray

    def text(self, number: int) -> bytes:
        """That of a number, as its hash has it; empty for -1."""
        if number < 0:
            return b""
        start, end = self.spans[number].tolist()
        return self.texts[start:end].tobytes()


class _Filters(NamedTuple):
    """The different search filters of some rows by their number; ``codes`` as in _Customs."""

    values: list[dict[str, list[str]]]
    codes: np.ndarray


class _Rows:
    """Rows just found in ``text`` between two places of it."""

    def __init__(
        self,
        found: scanning.Found,
        codes: np.ndarray,
        text: bytes,
        start: int,
        end: int,
        rows: int,
        known: Customs,
        rests: rest.Finder,
    ) -> None:
        self._found, self._codes, self._text, self._rows = found, codes, text, rows
        self._size = end - start
        self._has = np.bitwise_or.reduce(found.has[:, :rows], axis=1)
        try:
            self._customs = self._custom_contexts(known)
            self._filters = self._search_filters()
            self._rests = rests.find(codes, found, rows)
        except _BROKEN as error:
            raise Doubtful(str(error)) from error

    def table(self, scanner: Scanner) -> pa.Table:
        found, rows = self._found, self._rows
        arrays = {
            "type": _TYPES.take(pa.array(found.types[:rows])),
            "timestamp": scanner.times(found.times[:rows], found.has[RECORD, :rows] & _TIMED != 0),
            **self._strings(),
            **self._lists(),
            **self._numbers(),
            "quantities": self._quantities(),
            "extra": self._extra(),
            "fingerprint": self._fingerprints(),
            **scanner.origin(rows),
        }
        arrays["user_key"] = scanner.keys(arrays["user_id"])
        arrays["anonymous_key"] = scanner.keys(arrays["anonymous_id"])
        return pa.Table.from_arrays([arrays[name] for name in TABLE_SCHEMA.names], schema=TABLE_SCHEMA)

    def _strings(self) -> dict[str, pa.Array]:
        rows, form = self._rows, pa.string()
        there = [text for text in _TEXTS if self._has[text.kind] & text.bit]
        arrays = {text.name: pa.nulls(rows, form) for text in _TEXTS if text not in there}
        data = np.empty(self._size + gathering.SLACK, np.uint8)
        offsets = np.empty((len(there), rows + 1), np.int32)
        valid = np.empty((len(there), (rows + 7) // 8), np.uint8)
        places, nulls = np.zeros(len(there), np.int64), np.zeros(len(there), np.int64)
        columns = np.array([text[1:] for text in there], np.int64).reshape(-1, 3)
        gathering.strings(self._codes, self._found, columns, rows, data, places, offsets, valid, nulls)
        # Many tables are held until they are written: without what is free.
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
        rows, found, form = self._rows, self._found, pa.list_(pa.string())
        arrays = {}
        for name, kind, one, slot in _LISTS:
            if not self._has[kind] & one:
                arrays[name] = pa.nulls(rows, form)
                continue
            count = int(found.offsets[slot, rows])
            starts, ends = found.item_starts[slot], found.item_ends[slot]
            data, offsets = np.empty(self._size + gathering.SLACK, np.uint8), np.empty(count + 1, np.int32)
            end = gathering.items(self._codes, starts, ends, count, data, 0, offsets)
            inner = pa.Array.from_buffers(
                pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(data[:end].copy())], 0
            )
            arrays[name] = self._listed(form, kind, one, found.offsets[slot], inner)
        return arrays

    def _quantities(self) -> pa.Array:
        form = pa.list_(pa.float64())
        if not self._has[RECORD] & _QUANTITIES:
            return pa.nulls(self._rows, form)
        offsets = self._found.quantity_offsets
        inner = _plain(self._found.quantities[: offsets[self._rows]].copy(), pa.float64())
        return self._listed(form, RECORD, _QUANTITIES, offsets, inner)

    def _listed(self, form: pa.DataType, kind: int, one: int, offsets: np.ndarray, inner: pa.Array) -> pa.Array:
        valid, nulls = self._valid(kind, one)
        buffers = [valid, pa.py_buffer(offsets[: self._rows + 1].copy())]
        return pa.Array.from_buffers(form, self._rows, buffers, nulls, children=[inner])

    def _numbers(self) -> dict[str, pa.Array]:
        arrays = {}
        for name, kind, one, slot in _NUMBERS:
            if not self._has[kind] & one:
                arrays[name] = pa.nulls(self._rows, pa.float64())
                continue
            valid, nulls = self._valid(kind, one)
            values = pa.py_buffer(self._found.numbers[slot, : self._rows].copy())
            arrays[name] = pa.Array.from_buffers(pa.float64(), self._rows, [valid, values], nulls)
        return arrays

    def _valid(self, kind: int, one: int) -> tuple[pa.Buffer | None, int]:
        there = self._there(kind, one)
        nulls = self._rows - int(np.count_nonzero(there))
        return (pa.py_buffer(np.packbits(there, bitorder="little")) if nulls else None), nulls

    def _there(self, kind: int, one: int) -> np.ndarray:
        found: np.ndarray = self._found.has[kind, : self._rows] & one != 0
        return found

    def _custom_contexts(self, known: Customs) -> _Customs:
        count = int(self._found.raw_counts[_CUSTOM])
        raws = self._found.raws[_CUSTOM, :count]
        out = np.empty(custom_texts.room(int((raws[:, 1] - raws[:, 0]).sum()), count), np.uint8)
        order = np.empty((custom_texts.MOST_KEYS, 4), np.int64)
        spans, uuids = np.empty((count, 2), np.int64), np.empty((count, 2), np.int64)
        place = custom_texts.write(self._codes, raws, count, order, out, spans, uuids)
        others = np.flatnonzero(spans[:, 0] < 0).tolist()
        if others:
            more = self._other_customs(known, others, spans, uuids, place)
            out = np.concatenate([out[:place], np.frombuffer(more + scanning.PADDING, np.uint8)])
        return _Customs(out, spans, uuids, self._raw_codes(_CUSTOM, CONTEXT, _CUSTOM_BIT))

    def _other_customs(
        self, known: Customs, numbers: list[int], spans: np.ndarray, uuids: np.ndarray, place: int
    ) -> bytearray:
        """Those that are not plain, as text that begins at ``place``: fills in where they are."""
        more = bytearray()
        places = self._raw_places(_CUSTOM)
        for number in numbers:
            start, end, keys = places[number]
            custom = known[self._text[start:end]]
            if custom.keys != keys:
                raise Doubtful("keys")
            more += custom_texts.BEFORE
            spans[number] = place + len(more), place + len(more) + len(custom.text)
            more += bytes(custom.text) + custom_texts.AFTER
            if custom.uuid is not None:
                uuids[number, 0] = place + len(more)
                more += custom.uuid.encode()
                uuids[number, 1] = place + len(more)
        return more

    def _search_filters(self) -> _Filters:
        values = []
        for start, end, keys in self._raw_places(_FILTERS):
            filters = _filters.decode(self._text[start:end])
            if len(filters) != keys:
                raise Doubtful("keys")
            values.append(filters)
        return _Filters(values, self._raw_codes(_FILTERS, SEARCH, _FILTERS_BIT))

    def _raw_places(self, slot: int) -> list[tuple[int, int, int]]:
        count = int(self._found.raw_counts[slot])
        places: list[tuple[int, int, int]] = self._found.raws[slot, :count].tolist()
        return places

    def _raw_codes(self, slot: int, kind: int, one: int) -> np.ndarray:
        return np.where(self._there(kind, one), self._found.raw_codes[slot, : self._rows], -1)

    def _extra(self) -> pa.Array:
        texts, spans, _, codes = self._customs
        spans = spans + _AROUND
        single = np.where(self._found.single[: self._rows], self._found.quantity_offsets[: self._rows], -1)
        more = (self._filters.codes, single, self._rests.codes)
        others = np.flatnonzero(np.maximum.reduce(more) >= 0)
        if len(others):
            numbers: dict[tuple[int, ...], int] = {}
            parts = zip(*(each[others].tolist() for each in (codes, *more)), strict=True)
            codes = codes.copy()
            codes[others] = [len(spans) + numbers.setdefault(each, len(numbers)) for each in parts]
            wholes = [self._whole_extra(*each) for each in numbers]
            ends = len(texts) + np.cumsum(np.array([len(text) for text in wholes], np.int64))
            texts = np.concatenate([texts, np.frombuffer(b"".join(wholes) + scanning.PADDING, np.uint8)])
            spans = np.concatenate([spans, np.column_stack([np.append(len(self._customs.texts), ends[:-1]), ends])])
        sizes = spans[:, 1] - spans[:, 0]
        return self._numbered(texts, spans, codes, int(sizes[codes[codes >= 0]].sum()))

    def _whole_extra(self, custom: int, filters: int, single: int, rest: int) -> bytes:
        """The extra of rows that have more than a custom_context: of the parts with these numbers, below 0 is none."""
        text = self._customs.text(custom)
        if custom >= 0 and filters < 0 and single < 0:
            return self._rests.values[rest].around(text)
        more: dict[str, Any] = {}
        if rest >= 0:
            more["context"] = self._rests.values[rest].values
        if single >= 0:
            more["quantities"] = float(self._found.quantities[single])
        if filters >= 0:
            more["search"] = {"filters": self._filters.values[filters]}
        return whole_extra(None if custom < 0 else msgspec.Raw(text), more)

    def _numbered(self, texts: np.ndarray, spans: np.ndarray, codes: np.ndarray, size: int) -> pa.Array:
        """A column of the texts at ``spans``, of ``size`` bytes in all."""
        rows = self._rows
        data, offsets = np.empty(size + gathering.SLACK, np.uint8), np.empty(rows + 1, np.int32)
        valid = np.empty((rows + 7) // 8, np.uint8)
        _, nulls = gathering.numbered(texts, spans, codes, rows, data, offsets, valid)
        buffers = [pa.py_buffer(valid) if nulls else None, pa.py_buffer(offsets), pa.py_buffer(data[:size])]
        return pa.Array.from_buffers(pa.string(), rows, buffers, nulls)

    def _fingerprints(self) -> pa.Array:
        found, rows, customs, filters, rests = self._found, self._rows, self._customs, self._filters, self._rests
        packed = [*map(_packed.encode, filters.values), *(each.packed for each in rests.values)]
        ends = len(customs.texts) + np.cumsum(np.array([0, *map(len, packed)], np.int64))
        places = np.column_stack([ends[:-1], ends[1:]])
        spans = np.zeros((REST + 1, max(len(customs.spans), len(packed)), 2), np.int64)
        spans[_CUSTOM, : len(customs.spans)] = customs.spans
        spans[_FILTERS, : len(filters.values)] = places[: len(filters.values)]
        spans[REST, : len(rests.values)] = places[len(filters.values) :]
        texts = customs.texts
        if packed:
            texts = np.concatenate([texts, np.frombuffer(b"".join(packed) + scanning.PADDING, np.uint8)])
        repeated = 0
        for slot, codes in ((_CUSTOM, customs.codes), (_FILTERS, filters.codes), (REST, rests.codes)):
            sizes = spans[slot, :, 1] - spans[slot, :, 0]
            repeated += int(sizes[codes[codes >= 0]].sum())
        numbers = 9 * int(found.quantity_offsets[rows])
        out = np.empty(self._size + repeated + _SLACK * rows + numbers + gathering.SLACK, np.uint8)
        after, by_uuid = np.empty(rows, np.int64), np.empty(rows, np.bool_)
        gathering.canonical(
            self._codes,
            found,
            rows,
            found.numbers.view(np.int64),
            found.quantities.view(np.int64),
            texts,
            spans,
            customs.codes,
            customs.uuids,
            rests.codes,
            out,
            after,
            by_uuid,
        )
        return hashing.fingerprints(out, after, by_uuid)


def _plain(values: np.ndarray, form: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(form, len(values), [None, pa.py_buffer(values)], 0)


if __name__ == "__main__":
    load()
