"""Typed records become a table: columns by the thousand, checked as columns.

A step for each record in Python costs more than all of Arrow's work, so
everything here takes whole columns of some thousand records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import astuple

from interactions import schema
from interactions.codec.check import EARLIEST, IPV4_PATTERN, LATEST, UUID_PATTERN, is_custom_value
from interactions.codec.columns import TABLE_SCHEMA
from interactions.codec.extra import extras
from interactions.codec.fingerprint import fingerprints
from interactions.codec.keyring import Keyring
from interactions.codec.record import Campaign, Context, Interaction, Page, Search

Columns: TypeAlias = dict[str, tuple[Any, ...]]


class Doubtful(Exception):
    """One of these records may break a rule: look at each by itself."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where records came from: the import (0: live) and when they were received (UTC)."""

    import_id: int
    received_at: datetime


_STRING, _STRINGS = pa.string(), pa.list_(pa.string())
_NUMBER, _NUMBERS = pa.float64(), pa.list_(pa.float64())
_KEY, _MOMENT = pa.int64(), pa.timestamp("us", "UTC")
_TOP_FORMS = {
    **dict.fromkeys(("type", "user_id", "anonymous_id", "miso_id", "custom_action_name"), _STRING),
    **dict.fromkeys(("question_id", "result_type", "value"), _STRING),
    **dict.fromkeys(("duration", "revenue", "rating"), _NUMBER),
    **dict.fromkeys(("product_ids", "product_group_ids", "category"), _STRINGS),
}
_CONTEXT_STRINGS = ("locale", "region", "truncated_ip", "user_agent")
_NO_CONTEXT, _NO_PAGE, _NO_CAMPAIGN, _NO_SEARCH = Context(), Page(url=""), Campaign(), Search()

_TYPES = pa.array(schema.TYPES, _STRING)
_CUSTOM = schema.TYPES.index("custom")
# For each field that not every type has: whether type number i has it.
_ALLOWED = {
    name: np.array([kind in field.types for kind in schema.TYPES])
    for name, field in schema.FIELDS.items()
    if len(field.types) < len(schema.TYPES)
}
_EARLIEST, _LATEST = (int(moment.timestamp()) * 1_000_000 for moment in (EARLIEST, LATEST))


def to_table(
    records: Sequence[Interaction],
    origin: Origin,
    keyring: Keyring,
    *,
    rests: Sequence[dict[str, Any] | None] | None = None,
    keys_in_text: int | None = None,
) -> pa.Table:
    """Records as a table of TABLE_SCHEMA; at least one record.

    ``rests`` are the parts that the typed records have no place for; giving them says that the
    records were checked one by one. Where it is None, the rules that the Structs cannot say are
    checked here, and ``keys_in_text``, the number of keys in the JSON text, is compared with the
    number that arrived, because a record that gives a key twice has more. Raises Doubtful where
    anything is amiss.
    """
    top = _columns(records, Interaction)
    context = _inner(top["context"], _NO_CONTEXT)
    page = _inner(context["page"], _NO_PAGE)
    campaign = _inner(context["campaign"], _NO_CAMPAIGN)
    search = _inner(top["search"], _NO_SEARCH)
    page["url"] = tuple(url or (None if there is None else url) for url, there in zip(page["url"], context["page"]))
    try:
        arrays = {
            "timestamp": pa.array(top["timestamp"], _MOMENT),
            **{name: pa.array(top[name], form) for name, form in _TOP_FORMS.items()},
            **{name: pa.array(context[name], _STRING) for name in _CONTEXT_STRINGS},
            **{f"campaign_{name}": pa.array(campaign[name], _STRING) for name in schema.CAMPAIGN_FIELDS},
            **{f"page_{name}": pa.array(page[name], _STRING) for name in schema.PAGE_FIELDS},
            "keywords": pa.array(search["keywords"], _STRING),
            "quantities": _quantities(top["quantities"]),
        }
        if rests is None:
            _check_types(arrays, top, search)
            _check_values(arrays, context["custom_context"])
            _check_empties(top, context, campaign, search)
            if keys_in_text is not None and keys_in_text != _keys(top, context, page, campaign, search):
                raise Doubtful("keys")
        arrays["extra"] = pa.array(
            extras(context["custom_context"], search["filters"], top["quantities"], rests), _STRING
        )
        arrays["fingerprint"] = fingerprints(records, context["custom_context"], rests)
    except (OverflowError, pa.ArrowInvalid) as error:
        # An instant at the very end of the calendar, or a whole number of more than 64 bits.
        raise Doubtful(str(error)) from error
    count = len(records)
    received = pa.scalar(origin.received_at, _MOMENT)
    arrays["timestamp"] = arrays["timestamp"].fill_null(received)
    arrays["received_at"] = pa.repeat(received, count)
    arrays["import_id"] = pa.repeat(pa.scalar(origin.import_id, _KEY), count)
    arrays["user_key"] = pa.array(keyring.keys(top["user_id"]), _KEY)
    arrays["anonymous_key"] = pa.array(keyring.keys(top["anonymous_id"]), _KEY)
    return pa.Table.from_arrays([arrays[name] for name in TABLE_SCHEMA.names], schema=TABLE_SCHEMA)


def _columns(structs: Sequence[Struct], kind: type[Struct]) -> Columns:
    rows = zip(*map(astuple, structs), strict=True)
    return dict(zip(kind.__struct_fields__, rows, strict=True))


def _inner(structs: Sequence[Struct | None], absent: Struct) -> Columns:
    """The fields of inner objects as columns, with ``absent``'s where there is no object."""
    if structs.count(None) == len(structs):
        return {name: (value,) * len(structs) for name, value in zip(absent.__struct_fields__, astuple(absent))}
    return _columns([absent if inner is None else inner for inner in structs], type(absent))


def _quantities(values: Sequence[float | list[float] | None]) -> pa.Array:
    if values.count(None) == len(values):
        return pa.nulls(len(values), _NUMBERS)
    return pa.array([v if v is None or v.__class__ is list else [v] for v in values], _NUMBERS)


def _present(column: Sequence[Any]) -> np.ndarray:
    return np.fromiter((value is not None for value in column), bool, len(column))


def _check_types(arrays: Mapping[str, pa.Array], top: Columns, search: Columns) -> None:
    """No record has a field that its type may not have, and a custom one has a name."""
    codes = pc.index_in(arrays["type"], value_set=_TYPES).to_numpy(zero_copy_only=False)
    for name, allowed in _ALLOWED.items():
        column = top[name]
        if column.count(None) < len(column) and not allowed[codes[_present(column)]].all():
            raise Doubtful(name)
    if (codes[~_present(top["custom_action_name"])] == _CUSTOM).any():
        raise Doubtful("custom_action_name")


def _check_values(arrays: Mapping[str, pa.Array], customs: Sequence[dict[str, Any] | None]) -> None:
    _check_pattern(arrays["miso_id"], UUID_PATTERN)
    _check_pattern(arrays["truncated_ip"].dictionary_encode().dictionary, IPV4_PATTERN)
    instants = arrays["timestamp"].drop_null().cast(_KEY)
    if len(instants):
        bounds = pc.min_max(instants).as_py()
        if bounds["min"] < _EARLIEST or bounds["max"] > _LATEST:
            raise Doubtful("timestamp")
    for custom in customs:
        if custom:
            for value in custom.values():
                if value.__class__ is list and not is_custom_value(value):
                    raise Doubtful("custom_context")


def _check_pattern(column: pa.Array, pattern: str) -> None:
    if column.null_count < len(column) and not pc.all(pc.match_substring_regex(column, pattern)).as_py():
        raise Doubtful(pattern)


def _check_empties(top: Columns, context: Columns, campaign: Columns, search: Columns) -> None:
    """No ``{}`` that columns could not tell from an absent object."""
    for there, fields in ((context["campaign"], campaign), (top["search"], search), (top["context"], context)):
        if min(column.count(None) for column in fields.values()) == 0:
            continue
        filled = np.logical_or.reduce([_present(column) for column in fields.values()])
        if (_present(there) & ~filled).any():
            raise Doubtful("{}")


def _keys(top: Columns, context: Columns, page: Columns, campaign: Columns, search: Columns) -> int:
    """How many keys the records' JSON objects have, null ones left out."""
    count = sum(
        len(column) - column.count(None)
        for columns in (top, context, page, campaign, search)
        for column in columns.values()
    )
    for custom in context["custom_context"]:
        if custom:
            count += len(custom)
            for value in custom.values():
                if value.__class__ is list:
                    count += sum(map(_keys_within, value))
    for filters in search["filters"]:
        if filters:
            count += len(filters)
    return count


def _keys_within(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys_within, value.values()))
    return sum(map(_keys_within, value)) if isinstance(value, list) else 0
