"""Read the scalar values in custom_context, as text. Objects, lists and null are ignored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from interactions.analytics.index.rows import starts_of, within

VALUES: Final = pa.struct([("key", pa.string()), ("value", pa.string())])
"""A key and its value."""
_NO_SCALAR: Final = (b"{"[0], b"["[0], b"n"[0])  # the first bytes of objects, lists and null
_ABSENT: Final = msgspec.Raw(b"")
_QUOTE: Final = b'"'[0]
_ESCAPED: Final = frozenset('"\\')


class CustomValues:
    """Reads the values of some keys from the table's ``extra``."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        fields = [f"key{place}" for place in range(len(keys))]
        custom: Any = dict[str, msgspec.Raw]
        self._is_struct = not any(_ESCAPED.intersection(key) for key in keys)
        if self._is_struct:  # several times faster, but without such keys
            columns = [(name, msgspec.Raw, _ABSENT) for name in fields]
            custom = msgspec.defstruct("Custom", columns, rename=dict(zip(fields, keys, strict=True)))
        context = msgspec.defstruct("Context", [("custom_context", custom | None, None)])
        extra: Any = msgspec.defstruct("Extra", [("context", context | None, None)])
        self._decoder, self._fields = msgspec.json.Decoder(extra), fields

    def of(self, extras: pa.Array) -> tuple[np.ndarray, np.ndarray, pa.Array]:
        """The values in rows of ``extra``: their number per row (int64), row by row the index of each into the distinct
        values (int64), and the distinct values (VALUES)."""
        encoded = extras.dictionary_encode()
        counts, places, different = self._of_different(encoded.dictionary.to_pylist())
        rows = np.flatnonzero(encoded.is_valid().to_numpy(zero_copy_only=False))
        texts = encoded.indices.drop_null().to_numpy()
        of_row, starts = np.zeros(len(extras), np.int64), starts_of(counts)
        of_row[rows] = counts[texts]
        return of_row, places[within(starts[texts], starts[texts + 1])], different

    def _of_different(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, pa.Array]:
        counts = np.zeros(len(texts), np.int64)
        places: list[int] = []
        known: dict[tuple[int, bytes], int] = {}
        for row, text in enumerate(texts):
            for entry in self._entries(text):
                places.append(known.setdefault(entry, len(known)))
                counts[row] += 1
        keys = [self._keys[place] for place, _ in known]
        columns = [pa.array(keys, pa.string()), pa.array([text_of(raw) for _, raw in known], pa.string())]
        return counts, np.array(places, np.int64), pa.StructArray.from_arrays(columns, fields=list(VALUES))

    def _entries(self, text: str) -> Iterator[tuple[int, bytes]]:
        """The index of each key with a scalar value, and that value as JSON."""
        try:
            custom = getattr(self._decoder.decode(text).context, "custom_context", None)
        except msgspec.MsgspecError:  # no object where one should be
            return
        if custom is None:
            return
        for place, name in enumerate(self._fields):
            written = bytes(getattr(custom, name) if self._is_struct else custom.get(self._keys[place], _ABSENT))
            if written and written[0] not in _NO_SCALAR:
                yield place, written


def text_of(raw: bytes) -> str:
    """A JSON scalar as text: strings decoded; numbers, ``true`` and ``false`` as written."""
    return msgspec.json.decode(raw, type=str) if raw[0] == _QUOTE else raw.decode()
