"""The ``extra`` column: what of a record no other column holds, as JSON in the record's own shape.

``{"search":{"filters":…},"context":{"custom_context":…,…}}``: laid over the record that the columns
give, key by key, it makes the record whole (see ``export``). ``quantities`` stands in it where the
record gave a number and not a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

_encode = msgspec.json.Encoder(order="deterministic").encode


def custom_texts(customs: Sequence[dict[str, Any] | None]) -> list[bytes | None]:
    """The JSON of each record's custom_context, its keys sorted."""
    encode = _encode
    return [None if custom is None else encode(custom) for custom in customs]


def extras(
    texts: Sequence[bytes | None],
    filters: Sequence[dict[str, list[str]] | None],
    quantities: Sequence[Any],
    rests: Sequence[dict[str, Any] | None] | None,
) -> list[bytes | None]:
    """The text for each record, None where the columns hold all of it.

    ``texts`` are the custom_contexts as JSON, ``rests`` what the typed records have no place for.
    """
    found = [None if text is None else b'{"context":{"custom_context":' + text + b"}}" for text in texts]
    for position, value in enumerate(quantities):
        if value.__class__ is float:
            found[position] = _whole(texts[position], {"quantities": value})
    for position, named in enumerate(filters):
        if named is not None:
            found[position] = _whole(texts[position], {"search": {"filters": named}})
    for position, rest in enumerate(rests or ()):
        if rest:
            whole = dict(rest)
            if quantities[position].__class__ is float:
                whole["quantities"] = quantities[position]
            if filters[position] is not None:
                whole["search"] = {"filters": filters[position]}
            found[position] = _whole(texts[position], whole)
    return found


def _whole(text: bytes | None, whole: dict[str, Any]) -> bytes:
    if text is not None:
        whole["context"] = {**whole.get("context", {}), "custom_context": msgspec.Raw(text)}
    return _encode(whole)
