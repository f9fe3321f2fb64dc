"""Assemble records from the JSON of their values."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from interactions.connectors.table.mapping import CUSTOM, FILTERS

#: The pieces of a value's JSON, in order: columns, and texts that are the same for each record. The value is null in
#: records where one of its columns is null.
Parts = tuple[Any, ...]
Tree = dict[str, "Parts | Tree"]


def lines(kinds: Any, values: AnyMapping[str, Parts]) -> bytes:
    """Records as JSON Lines. ``kinds`` are their types, which need no escaping; ``values`` has the JSON of fields by
    path."""
    parts, _ = _object({"type": ('"', kinds, '"'), **_tree(values)})
    made = _joined([*parts, "\n"])
    chunks = made.chunks if hasattr(made, "chunks") else [made]
    return bytes(_text(chunks[0])) if len(chunks) == 1 else b"".join(map(_text, chunks))


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


def _object(tree: Tree, name: str = "") -> tuple[Parts, bool]:
    """An object's parts, and whether it's null in some records: if it's empty, or a page without an address."""
    members = {
        key: _object(inner, key) if isinstance(inner, dict) else (inner, _is_null(inner)) for key, inner in tree.items()
    }
    if name == "page":
        return _page(members)
    first = next((key for key, (_, is_null) in members.items() if not is_null), None)
    if first is None:
        return _of_nulls(members)
    rest = [part for key, (parts, is_null) in members.items() if key != first for part in _member(key, parts, is_null)]
    return (f"{{{_key(first)}", *members[first][0], *rest, "}"), False


def _page(members: dict[str, tuple[Parts, bool]]) -> tuple[Parts, bool]:
    """A page; null if it has no address."""
    if "url" not in members:
        return ("",), False
    url, is_null = members.pop("url")
    rest = [part for key, (parts, null) in members.items() for part in _member(key, parts, null)]
    if not is_null:
        return (f"{{{_key('url')}", *url, *rest, "}"), False
    return (_kept([f"{{{_key('url')}", *url, _joined(rest) if rest else "", "}"]),), True


def _of_nulls(members: dict[str, tuple[Parts, bool]]) -> tuple[Parts, bool]:
    """An object whose members can all be null, so where the commas go differs between records."""
    from pyarrow import compute as pc

    inner = _joined([part for key, (parts, _) in members.items() for part in _member(key, parts, is_null=True)])
    is_empty = pc.equal(pc.binary_length(inner), 0)
    begun = pc.binary_replace_slice(inner, 0, 1, "{")
    return (pc.if_else(is_empty, pc.cast(None, begun.type), begun), "}"), True


def _member(key: str, parts: Parts, is_null: bool) -> Parts:
    """A member after another one; empty if it's null."""
    return (_kept([f",{_key(key)}", *parts]),) if is_null else (f",{_key(key)}", *parts)


def _key(name: str) -> str:
    return f"{msgspec.json.encode(name).decode()}:"


def _is_null(parts: Parts) -> bool:
    return any(not isinstance(part, str) and part.null_count for part in parts)


def _joined(parts: Sequence[Any]) -> Any:
    """The parts joined; null ones count as empty."""
    from pyarrow import compute as pc

    return pc.binary_join_element_wise(*_merged(parts), "", null_handling="replace", null_replacement="")


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


def _text(chunk: Any) -> memoryview:
    """The texts of an array, one after another."""
    import numpy as np
    import pyarrow as pa

    _, offsets, text = chunk.buffers()
    if text is None:
        return memoryview(b"")
    ends = np.frombuffer(offsets, np.int64 if pa.types.is_large_string(chunk.type) else np.int32)
    return memoryview(text)[ends[chunk.offset] : ends[chunk.offset + len(chunk)]]
