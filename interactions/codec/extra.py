"""The ``extra`` column: what of a record no other column holds, as JSON in the record's own shape.

``{"search":{"filters":…},"context":{"custom_context":…,…}}``: laid over the record that the columns
give, key by key, it makes the record whole (see ``export``). ``quantities`` stands in it where the
record gave a number and not a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from interactions.codec.custom import Custom

_encode = msgspec.json.Encoder(order="deterministic").encode


def extras(
    customs: Sequence[Custom],
    filters: Sequence[dict[str, list[str]] | None],
    quantities: Sequence[Any],
    rests: Sequence[dict[str, Any] | None] | None = None,
) -> pa.Array:
    """The extra of each record, null where the columns hold all of it.

    ``rests`` are what the typed records have no place for.
    """
    found = [custom.extra for custom in customs]
    for position, more in _more(filters, quantities, rests).items():
        custom = customs[position]
        found[position] = whole_extra(None if custom.extra is None else custom.text, more)
    return pa.array(found, pa.string())


def _more(
    filters: Sequence[dict[str, list[str]] | None],
    quantities: Sequence[Any],
    rests: Sequence[dict[str, Any] | None] | None,
) -> dict[int, dict[str, Any]]:
    """What goes beyond custom_context, by the record's position."""
    more: dict[int, dict[str, Any]] = {place: dict(rest) for place, rest in enumerate(rests or ()) if rest}
    for place, value in enumerate(quantities):
        if value.__class__ is float:
            more.setdefault(place, {})["quantities"] = value
    for place, named in enumerate(filters):
        if named is not None:
            more.setdefault(place, {})["search"] = {"filters": named}
    return more


def whole_extra(custom: msgspec.Raw | None, whole: dict[str, Any]) -> bytes:
    """The extra of one record that has more than its custom_context, ``custom`` as its fingerprint has it."""
    if custom is not None:
        whole["context"] = {**whole.get("context", {}), "custom_context": custom}
    return _encode(whole)
