"""The rest of a record: context fields that aren't in the schema, and the fact that an object was empty.

No column holds them, so they go to ``extra`` with custom_context and filters. They're mostly equal from record to
record.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import numpy as np

from interactions.codec.rulebook import keys_within
from interactions.codec.scanner import rest_texts
from interactions.codec.scanner.custom import FAULTS, packed, remembered, whole
from interactions.codec.scanner.found import ROWS, ScannedColumns
from interactions.codec.scanner.layout import CAMPAIGN, CONTEXT, PAGE, SEARCH
from interactions.compiled import known_texts
from interactions.compiled.json_text import SLACK

_REMEMBERED = 4_000  # texts
_LARGEST = 2048  # bytes; longer texts are unlikely to repeat
_HERE = msgspec.Raw(b"\0")  # a placeholder: JSON never contains this byte

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


class Rest(NamedTuple):
    """The rest of one record, with ``values`` in the record's shape.

    ``packed`` is what gets hashed, ``before`` and ``after`` is the JSON around custom_context in ``extra``, ``keys`` is
    the number of keys in the original text.
    """

    values: dict[str, Any]
    packed: bytes
    before: bytes
    after: bytes
    keys: int

    def around(self, custom: bytes) -> bytes:
        """The extra of a record with this rest and a custom_context in canonical JSON."""
        return self.before + custom + self.after


def read(text: bytes) -> Rest:
    """Read a rest as written by ``rest_texts``. Raises one of ``custom.FAULTS`` if it's invalid."""
    fields: dict[int, list[bytes]] = {}
    for field in text.split(b"\0")[:-1]:
        fields.setdefault(field[0] - rest_texts.FIRST_KIND, []).extend([field[1:]] if len(field) > 1 else [])
    objects = {kind: _decode(b"{%b}" % b",".join(each)) for kind, each in fields.items()}
    within = {name: objects[kind] for name, kind in (("page", PAGE), ("campaign", CAMPAIGN)) if kind in objects}
    values = {"search": objects[SEARCH]} if SEARCH in objects else {}
    if within or CONTEXT in objects:
        values["context"] = {**objects.get(CONTEXT, {}), **within}
    keys = keys_within(values) - len(values) - len(within)
    context = {**values.get("context", {}), "custom_context": _HERE}
    before, _, after = _encode({**values, "context": context}).partition(_HERE)
    return Rest(values, packed(whole(values)), before, after, keys)


class Numbered(NamedTuple):
    """Distinct values, None for an invalid one, and each row's index into them as ``codes``, -1 without a value."""

    values: list[Any]
    codes: np.ndarray


class Finder:
    """Reads the rests of scanned rows, with a cache."""

    def __init__(self) -> None:
        self._read = remembered(read, most=_REMEMBERED, longest=_LARGEST)
        self._places = np.zeros((1, ROWS, 3), np.int32)
        self._counts = np.zeros(1, np.int64)
        self._buckets = np.zeros((1, known_texts.BUCKETS), np.int32)

    def find(self, text: np.ndarray, found: ScannedColumns, rows: int) -> Numbered:
        """The rests of the rows found in ``text``."""
        codes = np.full(rows, -1, np.int32)
        fields = found.unknown[: found.unknown_offsets[rows]]
        if not len(fields):
            return Numbered([], codes)
        out = np.empty(int((fields[:, 2] - fields[:, 1]).sum()) + 2 * len(fields) + SLACK, np.uint8)
        args = self._places, self._counts, self._buckets
        rest_texts.write(text, fields, found.unknown_offsets, rows, out, *args, codes)
        places = self._places[0, : self._counts[0]].tolist()
        return Numbered([self._rest(out[start:end].tobytes(), keys) for start, end, keys in places], codes)

    def _rest(self, text: bytes, keys: int) -> Rest | None:
        try:
            rest = self._read(text)
        except FAULTS:
            return None
        return rest if rest.keys == keys else None
