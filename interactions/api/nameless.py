"""Records without the ids of people, for keys that may not see them."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import pyarrow as pa

_IDS: Final = ("user_id", "anonymous_id")
_SPELLED: Final = "|".join("[_ -]*".join(name) for name in ("userid", "anonymousid"))
_NAME: Final = re.compile(rf"(?:^|[^0-9a-z])(?:{_SPELLED})$")  # as an erasure finds it in any text
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def nameless(rows: pa.Table) -> pa.Table:
    """Rows of TABLE_SCHEMA without ids.

    Of custom_context, entries are left out whose name is that of an id, however it's spelled, or whose text is one of
    the record's own ids, at any depth. Longer texts that have an id in them stay: nobody can tell it from another word.
    """
    own = zip(*(rows[name].to_pylist() for name in _IDS), strict=True)
    extra = rows["extra"].to_pylist()
    if any(extra):
        texts = [text and _without(text, frozenset(ids)) for text, ids in zip(extra, own, strict=True)]
        rows = _set(rows, "extra", pa.array(texts, rows.schema.field("extra").type))
    for name in _IDS:
        rows = _set(rows, name, pa.nulls(rows.num_rows, rows.schema.field(name).type))
    return rows


def _without(text: str, ids: frozenset[str | None]) -> str:
    """The text of a record's ``extra`` without ids in its custom_context."""
    extra = _decode(text)
    context = extra.get("context", {})
    if "custom_context" not in context:
        return text
    context["custom_context"] = _pruned(context["custom_context"], ids)
    return msgspec.json.encode(extra).decode()


def _pruned(value: Any, ids: frozenset[str | None]) -> Any:
    if isinstance(value, dict):
        kept = ((key, each) for key, each in value.items() if not _NAME.search(key.casefold()))
        return {key: _pruned(each, ids) for key, each in kept if not _is_id(each, ids)}
    if isinstance(value, list):
        return [_pruned(each, ids) for each in value if not _is_id(each, ids)]
    return value


def _is_id(value: Any, ids: frozenset[str | None]) -> bool:
    return isinstance(value, str) and value in ids


def _set(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)
