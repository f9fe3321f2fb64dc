"""What of a record's context the contract does not name: kept as it is, and mostly alike from record to record.

So its text is read once, and what was found is remembered for the records that repeat it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np

from interactions.codec import known_texts, rest_texts, scanning
from interactions.codec.custom import NotPlain, is_whole, keys_within, packed, whole

_REMEMBERED = 4_000  # texts; bounds the memory, not the answer
_LARGEST = 2048  # bytes; a longer text is unlikely to come again
_DEPTH = 2  # at which a context stands in a record
_HERE = msgspec.Raw(b"\0")  # a byte that JSON never holds

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


class Rest(NamedTuple):
    """The rest of one context, ``values`` in the context's shape.

    ``packed`` is what a record's hash has of it, ``before`` and ``after`` stand around its custom_context in ``extra``.
    ``keys`` counts all keys in it.
    """

    values: dict[str, Any]
    packed: bytes
    before: bytes
    after: bytes
    keys: int

    def around(self, custom: bytes) -> bytes:
        """The extra of a record with this rest and a custom_context, written as its hash has it."""
        return self.before + custom + self.after


class Rests(dict[bytes, Rest]):
    """From the JSON of a rest to what it is. Raises what ``read`` does for one at fault."""

    def __missing__(self, text: bytes) -> Rest:
        rest = read(text)
        if len(text) <= _LARGEST:
            if len(self) > _REMEMBERED:
                self.clear()
            self[text] = rest
        return rest


def read(text: bytes) -> Rest:
    """Read the JSON of one rest. Raises what msgspec raises for one at fault, and NotPlain for a whole number that no
    double can hold."""
    values = _decode(text)
    before, _, after = _encode({"context": {**values, "custom_context": _HERE}}).partition(_HERE)
    keys = keys_within(values, _DEPTH)
    return Rest(values, packed({"context": values if is_whole(values) else whole(values)}), before, after, keys)


class Found(NamedTuple):
    """The different rests of some rows by their number; ``codes`` has the number of each row, -1 where it has none."""

    values: list[Rest]
    codes: np.ndarray


class Finder:
    """Finds the rests of rows that were just scanned, and remembers them for the next."""

    def __init__(self) -> None:
        self._known = Rests()
        self._places = np.zeros((1, scanning.ROWS, 3), np.int32)
        self._counts = np.zeros(1, np.int64)
        self._buckets = np.zeros((1, known_texts.BUCKETS), np.int32)

    def find(self, text: np.ndarray, found: scanning.Found, rows: int) -> Found:
        """Those of the rows found in ``text``. Raises NotPlain, or what ``read`` raises, where one may be at fault."""
        codes = np.full(rows, -1, np.int32)
        fields = found.unknown[: found.unknown_offsets[rows]]
        if not len(fields):
            return Found([], codes)
        out = np.empty(rest_texts.room(int((fields[:, 2] - fields[:, 1]).sum()), len(fields)), np.uint8)
        args = self._places, self._counts, self._buckets
        rest_texts.write(text, fields, found.unknown_offsets, rows, out, *args, codes)
        return Found(list(self._read(out)), codes)

    def _read(self, out: np.ndarray) -> Iterator[Rest]:
        for start, end, keys in self._places[0, : self._counts[0]].tolist():
            rest = self._known[out[start:end].tobytes()]
            if rest.keys != keys:
                raise NotPlain
            yield rest
