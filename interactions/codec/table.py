"""Typed records become a table: columns by the thousand, checked as columns.

A step for each record in Python costs more than all of Arrow's work, so
everything here takes whole columns of some thousand records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import astuple

from interactions.codec.columns import TABLE_SCHEMA
from interactions.codec.custom import Custom, Customs, NotPlain
from interactions.codec.extra import extras
from interactions.codec.fingerprint import fingerprints
from interactions.codec.instants import instant
from interactions.codec.keyring import Keyring, name_people
from interactions.codec.record import KINDS, Campaign, Context, Interaction, Page, Search
from interactions.codec.syntax import BLANKS
from interactions.codec.values import UUID_PATTERN, is_ipv4
from interactions.contract import schema

Columns: TypeAlias = dict[str, tuple[Any, ...]]


class Doubtful(Exception):
    """One of these records may break a rule: look at each by itself."""


SAID_LATER: Final = -(1 << 63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where records came from: the import (0: live) and when they were received (UTC); None: that is said later."""

    import_id: int
    received_at: datetime | None

    @property
    def received(self) -> int:
        """``received_at`` in microseconds since 1970; SAID_LATER, which no record can say, where it is None."""
        return SAID_LATER if self.received_at is None else (self.received_at - _EPOCH) // timedelta(microseconds=1)


_STRING, _STRINGS = pa.string(), pa.list_(pa.string())
_NUMBER, _NUMBERS = pa.float64(), pa.list_(pa.float64())
_KEY, _MOMENT = pa.int64(), pa.timestamp("us", "UTC")
_TOP_FORMS = {
    **dict.fromkeys(("user_id", "anonymous_id", "miso_id", "custom_action_name"), _STRING),
    **dict.fromkeys(("question_id", "result_type", "value"), _STRING),
    **dict.fromkeys(("duration", "revenue", "rating"), _NUMBER),
    **dict.fromkeys(("product_ids", "product_group_ids", "category"), _STRINGS),
}
_CONTEXT_STRINGS = ("locale", "region", "truncated_ip", "user_agent")
# What stands in for an object that is not there; a Struct does not check what it is made of.
_NO_CONTEXT, _NO_CAMPAIGN, _NO_SEARCH = Context(), Campaign(), Search()
_NO_PAGE = Page(url=None)  # type: ignore[arg-type]

_TYPES = pa.array(KINDS, _STRING)
_NUMBER_OF = {kind: number for number, kind in enumerate(KINDS.values())}


def to_table(
    records: Sequence[Interaction],
    origin: Origin,
    keyring: Keyring | None,
    *,
    known: Customs | None = None,
    rests: Sequence[dict[str, Any] | None] | None = None,
    text: bytes | None = None,
) -> pa.Table:
    """Records as a table of TABLE_SCHEMA; at least one record.

    Without a ``keyring``, for who only looks at them, nobody is named by a key.
    ``known`` remembers what custom_contexts are, for the next records of the same file.
    ``rests`` are the parts that the typed records have no place for; giving them says that the
    records were checked one by one. Where it is None, the rules that the Structs cannot say are
    checked here, and the keys in ``text``, the JSON of the records, are counted: where a record
    gives a key twice, there are more than arrived. Raises Doubtful where anything is amiss.
    """
    emptied = _settle(records)
    top = _columns(records, Interaction)
    context = _inner(top["context"], _NO_CONTEXT)
    page = _inner(context["page"], _NO_PAGE)
    campaign = _inner(context["campaign"], _NO_CAMPAIGN)
    search = _inner(top["search"], _NO_SEARCH)
    filters = search["filters"]
    known = Customs() if known is None else known
    try:
        customs = [known[bytes(text)] for text in context["custom_context"]]
        arrays = {
            "type": _TYPES.take(pa.array([_NUMBER_OF[record.__class__] for record in records], pa.int8())),
            "timestamp": pa.array(top["timestamp"], _MOMENT),
            **{name: pa.array(top[name], form) for name, form in _TOP_FORMS.items()},
            **{name: pa.array(context[name], _STRING) for name in _CONTEXT_STRINGS},
            **{f"campaign_{name}": pa.array(campaign[name], _STRING) for name in schema.CAMPAIGN_FIELDS},
            **{f"page_{name}": pa.array(page[name], _STRING) for name in schema.PAGE_FIELDS},
            "keywords": pa.array(search["keywords"], _STRING),
            "quantities": _quantities(top["quantities"]),
        }
        arrays["extra"] = extras(customs, filters, top["quantities"], rests)
        if rests is None:
            _check_values(arrays, context["truncated_ip"])
            _check_empties(arrays, top, context, customs, filters)
            if text is not None:
                _check_keys(text, emptied + _keys(arrays, top, context, customs, filters), customs)
        arrays["fingerprint"] = fingerprints(records, customs, rests)
    except (NotPlain, OverflowError, pa.ArrowInvalid) as error:
        raise Doubtful(str(error)) from error
    received = pa.scalar(origin.received, _KEY).cast(_MOMENT)
    arrays["timestamp"] = arrays["timestamp"].fill_null(received)
    arrays["received_at"] = pa.repeat(received, len(records))
    arrays["import_id"] = pa.repeat(pa.scalar(origin.import_id, _KEY), len(records))
    name_people(arrays, keyring)
    return pa.Table.from_arrays([arrays[name] for name in TABLE_SCHEMA.names], schema=TABLE_SCHEMA)


def _settle(records: Sequence[Interaction]) -> int:
    """Put instants in the place of timestamps, and nothing in that of ids of no characters; how many those were.

    Raises Doubtful where a timestamp is none.
    """
    emptied = 0
    for record in records:
        if record.timestamp is not None:
            moment = instant(record.timestamp)
            if moment is None:
                raise Doubtful("timestamp")
            record.timestamp = moment  # type: ignore[assignment]  # as fingerprints and columns have it
        if record.user_id == "":
            record.user_id = None
            emptied += 1
        if record.anonymous_id == "":
            record.anonymous_id = None
            emptied += 1
    return emptied


def _columns(structs: Sequence[Struct], kind: type[Struct]) -> Columns:
    rows = zip(*map(astuple, structs), strict=True)
    return dict(zip(kind.__struct_fields__, rows, strict=True))


def _inner(structs: Sequence[Struct | None], absent: Struct) -> Columns:
    """The fields of inner objects as columns, with ``absent``'s where there is no object."""
    missing = structs.count(None)
    if missing == len(structs):
        return {name: (value,) * missing for name, value in zip(absent.__struct_fields__, astuple(absent), strict=True)}
    filled = [absent if inner is None else inner for inner in structs] if missing else structs
    return _columns(filled, type(absent))  # type: ignore[arg-type]


def _quantities(values: Sequence[float | list[float] | None]) -> pa.Array:
    if values.count(None) == len(values):
        return pa.nulls(len(values), _NUMBERS)
    return pa.array([v if v is None or v.__class__ is list else [v] for v in values], _NUMBERS)


def _check_values(arrays: Mapping[str, pa.Array], addresses: Sequence[str | None]) -> None:
    """The forms that the Structs cannot say."""
    ids = arrays["miso_id"].drop_null()
    if len(ids) and not pc.all(pc.match_substring_regex(ids, UUID_PATTERN)).as_py():
        raise Doubtful("miso_id")
    if not all(map(is_ipv4, filter(None, set(addresses)))):
        raise Doubtful("truncated_ip")


def _check_empties(
    arrays: Mapping[str, pa.Array],
    top: Columns,
    context: Columns,
    customs: Sequence[Custom],
    filters: Sequence[dict[str, list[str]] | None],
) -> None:
    """No ``{}`` that columns could not tell from an absent object."""
    campaigns = context["campaign"]
    _check_filled(campaigns, [arrays[f"campaign_{name}"] for name in schema.CAMPAIGN_FIELDS], ())
    _check_filled(top["search"], [arrays["keywords"]], (filters,))
    columns = [arrays[name] for name in ("user_agent", "locale", "region", "truncated_ip")]
    _check_filled(top["context"], columns, (campaigns, context["page"], [custom.extra for custom in customs]))


def _check_filled(objects: Sequence[Struct | None], columns: Sequence[pa.Array], more: Sequence[Sequence[Any]]) -> None:
    there = len(objects) - objects.count(None)
    if len(columns[0]) - columns[0].null_count >= there:
        return  # each of the objects has the first field
    filled = np.logical_or.reduce([column.is_valid().to_numpy(zero_copy_only=False) for column in columns])
    for position in np.flatnonzero(~filled).tolist():
        if objects[position] is not None and all(column[position] is None for column in more):
            raise Doubtful("{}")


def _keys(
    arrays: Mapping[str, pa.Array],
    top: Columns,
    context: Columns,
    customs: Sequence[Custom],
    filters: Sequence[dict[str, list[str]] | None],
) -> int:
    """How many keys the records' JSON objects have, null ones left out but for those of custom_context."""
    count: int = sum(len(array) - array.null_count for name, array in arrays.items() if name != "extra")
    for objects in (top["search"], top["context"], context["page"], context["campaign"], filters):
        count += len(objects) - objects.count(None)
    count += sum([custom.keys for custom in customs if custom.extra is not None])
    count += sum([custom.extra is not None for custom in customs])
    return count + sum(map(len, filter(None, filters)))


def _check_keys(text: bytes, arrived: int, customs: Sequence[Custom]) -> None:
    """No key was given twice: the text has as many keys as arrived, and as many more as were null.

    A string that reads like a key makes the count too high, and the records are looked at one by one. Nothing may
    make it too low: that could hide a key that was given twice.
    """
    more = keys_in(text) - arrived
    if more == 0:
        return
    if more != nulls_in(text) - sum(custom.nulls for custom in customs):
        raise Doubtful("keys")


def keys_in(text: bytes) -> int:
    """How often ``":`` stands in the text, found by looking for all colons at once: faster than ``count``.

    Raises Doubtful where a blank stands between a key and its colon.
    """
    codes = np.frombuffer(text, np.uint8)
    colons = np.flatnonzero(codes == ord(":"))
    before = codes[colons - 1]  # of a colon that comes first, the last byte: such a text does not decode
    for place in colons[before <= ord(" ")].tolist():
        if text[max(0, place - 64) : place].rstrip(BLANKS)[-1:] in (b"", b'"'):
            raise Doubtful("keys")
    return int(np.count_nonzero(before == ord('"')))


def nulls_in(text: bytes) -> int:
    """How many keys of the text are null, but for those with other blanks than one before it."""
    return text.count(b'":null') + text.count(b'": null')
