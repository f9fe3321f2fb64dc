"""Assemble records from the JSON of their values."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from typing import Any, cast

from interactions.connectors.table.mapping import CUSTOM, FILTERS

#: The pieces of a value's JSON, in order: columns, and texts that are the same for each record. The value is null in
#: records where one of its columns is null.
Parts = tuple[Any, ...]
Tree = dict[str, "Parts | Tree"]


def lines(kinds: Any, values: AnyMapping[str, Parts]) -> memoryview:
    """Records as JSON Lines. ``kinds`` are their types, which need no escaping; ``values`` has the JSON of fields by
    path."""
    from interactions.connectors.table.line import LineWriter  # with Numba, which few processes need

    line = LineWriter(len(kinds))
    line.text("{")
    line.members({"type": ('"', kinds, '"'), **_tree(values)})
    line.text("}\n")
    return line.written()


def whole(parts: Parts) -> Any:
    """The JSON of a value as one column."""
    return parts[0] if len(parts) == 1 else _kept(parts)


def _tree(values: AnyMapping[str, Parts]) -> Tree:
    tree: Tree = {}
    for path, value in values.items():
        *outer, name = _parts(path)
        inner = tree
        for part in outer:
            inner = cast(Tree, inner.setdefault(part, {}))
        inner[name] = value
    return tree


def _parts(path: str) -> list[str]:
    """The names in a path. Keys of the custom context and names of filters can contain dots."""
    for prefix in (CUSTOM, FILTERS):
        if path.startswith(prefix):
            return [*prefix.rstrip(".").split("."), path[len(prefix) :]]
    return path.split(".")


def _kept(parts: Sequence[Any]) -> Any:
    """The parts joined; null if one of them is."""
    from pyarrow import compute as pc

    return pc.binary_join_element_wise(*_merged(parts), "")


def _merged(parts: Sequence[Any]) -> list[Any]:
    """The parts, with adjacent texts joined."""
    merged: list[Any] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return merged
