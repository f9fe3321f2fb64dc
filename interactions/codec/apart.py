"""Take a good record apart: what the Structs of ``record`` have a place for, and the rest."""

from __future__ import annotations

from typing import Any

from interactions.codec.record import Context
from interactions.contract import schema

_IDS = ("user_id", "anonymous_id")


def apart(record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A good record without what the Structs have no place for, and that rest in the record's shape."""
    rest: dict[str, Any] = {}
    plain = {key: value for key, value in record.items() if value != "" or key not in _IDS}  # no id is absent
    if "search" in plain:
        plain["search"] = {key: value for key, value in plain["search"].items() if value is not None}
        if not plain["search"]:
            rest["search"] = plain.pop("search")
    context = plain.get("context")
    if context is None:
        return plain, rest
    known, unknown = _context_apart(context)
    if unknown or not known:
        rest["context"] = unknown
    if known:
        plain["context"] = known
    else:
        del plain["context"]
    return plain, rest


def _context_apart(context: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    known = {key: value for key, value in context.items() if key in Context.__struct_fields__ and value is not None}
    unknown = {key: value for key, value in context.items() if key not in Context.__struct_fields__}
    for name, keys in (("campaign", schema.CAMPAIGN_FIELDS), ("page", schema.PAGE_FIELDS)):
        inner = known.get(name)
        if inner is None:
            continue
        kept = {key: value for key, value in inner.items() if key in keys and value is not None}
        more = {key: value for key, value in inner.items() if key not in keys}
        if more or not kept:
            unknown[name] = more
        if kept:
            known[name] = kept
        else:
            del known[name]
    return known, unknown
