"""The ``extra`` column: what of a record no other column holds, as JSON in the record's own shape.

``{"search":{"filters":…},"context":{"custom_context":…,…}}``: laid over the record that the columns
give, key by key, it makes the record whole (see ``export``). ``quantities`` stands in it where the
record gave a number and not a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_encode = msgspec.json.Encoder(order="deterministic").encode
_BEFORE, _AFTER, _BETWEEN = (pa.scalar(text) for text in ('{"context":{"custom_context":', "}}", ""))


def custom_texts(customs: Sequence[dict[str, Any] | None]) -> pa.Array:
    """The JSON of each record's custom_context, its keys sorted, as strings."""
    encode = _encode
    return pa.array([None if custom is None else encode(custom) for custom in customs], pa.string())


def texts_with(texts: pa.Array, pattern: bytes) -> list[int]:
    """The positions of those texts that hold ``pattern``."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1)
    codes = np.frombuffer(texts.buffers()[2] or b"", np.uint8, int(offsets[-1]))
    found = np.ones(max(0, len(codes) - len(pattern) + 1), bool)
    for place, code in enumerate(pattern):
        found &= codes[place : place + len(found)] == code
    positions: list[int] = np.unique(np.searchsorted(offsets, np.flatnonzero(found), "right") - 1).tolist()
    return positions


def extras(
    texts: pa.Array,
    filters: Sequence[dict[str, list[str]] | None],
    quantities: Sequence[Any],
    rests: Sequence[dict[str, Any] | None] | None = None,
) -> pa.Array:
    """The extra of each record, null where the columns hold all of it.

    ``texts`` are the custom_contexts as JSON, ``rests`` what the typed records have no place for.
    """
    plain = pc.binary_join_element_wise(_BEFORE, texts, _AFTER, _BETWEEN)
    more = _more(filters, quantities, rests)
    if not more:
        return plain
    places = list(more)
    whole = [_whole(text, more[place]) for place, text in zip(places, texts.take(places).to_pylist(), strict=True)]
    mask = np.zeros(len(plain), bool)
    mask[places] = True
    return pc.replace_with_mask(plain, mask, pa.array(whole, pa.string()))


def _more(
    filters: Sequence[dict[str, list[str]] | None],
    quantities: Sequence[Any],
    rests: Sequence[dict[str, Any] | None] | None,
) -> dict[int, dict[str, Any]]:
    """What goes beyond custom_context, by the record's position, in order."""
    more: dict[int, dict[str, Any]] = {place: dict(rest) for place, rest in enumerate(rests or ()) if rest}
    for place, value in enumerate(quantities):
        if value.__class__ is float:
            more.setdefault(place, {})["quantities"] = value
    for place, named in enumerate(filters):
        if named is not None:
            more.setdefault(place, {})["search"] = {"filters": named}
    return dict(sorted(more.items()))


def _whole(text: str | None, whole: dict[str, Any]) -> bytes:
    if text is not None:
        whole["context"] = {**whole.get("context", {}), "custom_context": msgspec.Raw(text.encode())}
    return _encode(whole)
