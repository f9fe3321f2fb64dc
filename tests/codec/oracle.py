"""What the table should hold of a good record, made one value at a time in plain Python: the scanner is held to it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from xxhash import xxh3_128_digest

from interactions.codec.origin import Origin
from interactions.codec.scanner.custom import packed, whole
from interactions.contract import schema
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.keyring import Keyring
from interactions.contract.timestamps import instant

_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_json = msgspec.json.Encoder(order="deterministic").encode
_EXTRA = {"search": ("filters",), "context": ("custom_context",)}  # what of known fields has no column
_INNER = {"page": schema.PAGE_FIELDS, "campaign": schema.CAMPAIGN_FIELDS}


def _struct(name: str, fields: Any, **options: Any) -> Any:
    given = [(field, Any, None) for field in fields if field != "type"]
    return msgspec.defstruct(name, given, omit_defaults=True, **options)


_KINDS = {kind: _struct("Record", schema.FIELDS, tag_field="type", tag=kind) for kind in schema.TYPES}
_STRUCTS = {
    "context": _struct("Context", schema.CONTEXT_FIELDS),
    "search": _struct("Search", schema.SEARCH_FIELDS),
    "page": _struct("Page", schema.PAGE_FIELDS),
    "campaign": _struct("Campaign", schema.CAMPAIGN_FIELDS),
}


def row(raw: bytes, origin: Origin, keyring: Keyring) -> dict[str, Any]:
    """The row of a good record by column."""
    said = json.loads(raw, object_pairs_hook=_first_of_each)
    known, rest = _apart({key: value for key, value in said.items() if key in schema.FIELDS and value is not None})
    if known.get("timestamp") is not None:
        known["timestamp"] = instant(known["timestamp"])
    found: dict[str, Any] = dict.fromkeys(TABLE_SCHEMA.names)
    found |= {name: known.get(name) for name in schema.FIELDS if name in found}
    found["timestamp"] = known.get("timestamp") or origin.received_at
    quantities = known.get("quantities")
    found["quantities"] = quantities if quantities is None or isinstance(quantities, list) else [quantities]
    context = known.get("context", {})
    found |= {name: context.get(name) for name in schema.CONTEXT_FIELDS if name in found}
    found["keywords"] = known.get("search", {}).get("keywords")
    for name, fields in _INNER.items():
        found |= {f"{name}_{field}": context.get(name, {}).get(field) for field in fields}
    found["extra"] = _extra(known, rest)
    found["fingerprint"] = _fingerprint(known, rest)
    found |= {"import_id": origin.import_id, "received_at": origin.received_at}
    return found | {"user_key": keyring[found["user_id"]], "anonymous_key": keyring[found["anonymous_id"]]}


def _first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if found.get(key) is None:
            found[key] = value
    return found


def _apart(record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is named by the contract, and the rest in the record's own shape. An object of nothing named is rest."""
    known = {key: value for key, value in record.items() if value != "" or key not in ("user_id", "anonymous_id")}
    rest: dict[str, Any] = {}
    for name, fields in (("search", schema.SEARCH_FIELDS), ("context", schema.CONTEXT_FIELDS)):
        if name in known:
            named, other = _named(known.pop(name), fields)
            for inner in set(named) & set(_INNER):
                inner_named, inner_other = _named(named.pop(inner), _INNER[inner])
                if inner_named:
                    named[inner] = inner_named
                if inner_other or not inner_named:
                    other[inner] = inner_other
            if named:
                known[name] = named
            if (other and name == "context") or not named:
                rest[name] = other if name == "context" else {}
    return known, rest


def _named(value: dict[str, Any], fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    named = {key: inner for key, inner in value.items() if key in fields and inner is not None}
    return named, {key: inner for key, inner in value.items() if key not in fields}


def _extra(known: dict[str, Any], rest: dict[str, Any]) -> str | None:
    extra = dict(rest)
    for name, fields in _EXTRA.items():
        there = {field: whole(known[name][field]) for field in fields if field in known.get(name, {})}
        if there:
            extra[name] = {**extra.get(name, {}), **there}
    if isinstance(known.get("quantities"), int | float):
        extra["quantities"] = float(known["quantities"])
    return _json(extra).decode() if extra else None


def _fingerprint(known: dict[str, Any], rest: dict[str, Any]) -> bytes:
    """See ``fingerprint``."""
    context = dict(known.get("context", {}))
    custom = context.get("custom_context", {})
    uuid = custom.get(schema.RECORD_UUID)
    if isinstance(uuid, str) and uuid:
        digest = xxh3_128_digest(uuid.encode())
        return bytes([digest[0] | 0x80]) + digest[1:]
    if "custom_context" in context:
        context["custom_context"] = msgspec.Raw(_json(whole(custom)))
    context |= {name: _STRUCTS[name](**context[name]) for name in _INNER if name in context}
    fields = {name: _amount(value) for name, value in known.items() if name not in ("type", "search", "context")}
    if context:
        fields["context"] = _STRUCTS["context"](**context)
    if "search" in known:
        fields["search"] = _STRUCTS["search"](**known["search"])
    content = _pack(_KINDS[known["type"]](**fields)) + (packed(whole(rest)) if rest else b"")
    digest = xxh3_128_digest(content)
    return bytes([digest[0] & 0x7F]) + digest[1:]


def _amount(value: Any) -> Any:
    """Amounts are doubles, however they are written."""
    if isinstance(value, list):
        return [_amount(each) for each in value]
    return float(value) if isinstance(value, int | float) else value
