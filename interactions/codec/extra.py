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


def extras(
    customs: Sequence[dict[str, Any] | None],
    filters: Sequence[dict[str, list[str]] | None],
    quantities: Sequence[Any],
    rests: Sequence[dict[str, Any] | None] | None,
) -> list[bytes | None]:
    """The text of each record, None where the columns hold all of it."""
    contexts = [None if custom is None else b'{"context":{"custom_context":' + _encode(custom) + b"}}" for custom in customs]
    numbers = [value.__class__ is float for value in quantities]
    if rests is None and not any(numbers) and filters.count(None) == len(filters):
        return contexts
    found: list[bytes | None] = []
    for position, text in enumerate(contexts):
        rest = rests[position] if rests is not None else None
        if filters[position] is None and not numbers[position] and not rest:
            found.append(text)
        else:
            quantity = quantities[position] if numbers[position] else None
            found.append(_encode(_whole(customs[position], filters[position], quantity, rest)))
    return found


def _whole(
    custom: dict[str, Any] | None,
    filters: dict[str, list[str]] | None,
    quantity: float | None,
    rest: dict[str, Any] | None,
) -> dict[str, Any]:
    whole = dict(rest or {})
    if quantity is not None:
        whole["quantities"] = quantity
    if filters is not None:
        whole["search"] = {"filters": filters}
    if custom is not None:
        whole["context"] = {**whole.get("context", {}), "custom_context": custom}
    return whole
