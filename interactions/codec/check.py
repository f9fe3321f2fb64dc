"""Check one record by the contract and say every violation in a sentence.

This is the rule book in full. It runs only for records that the typed decoder
did not take, so it is written for clear answers, not for speed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from interactions import schema
from interactions.codec.record import Context, Interaction, Moment, typed
from interactions.schema import Field, Form

UUID_PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_BYTE = r"(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
IPV4_PATTERN = rf"^({_BYTE}(\.{_BYTE}){{3}})?$"
# Instants that every reader of the table can hold, whatever its zone.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)

_UUID = re.compile(UUID_PATTERN.replace("$", r"\Z"))
_IPV4 = re.compile(IPV4_PATTERN.replace("$", r"\Z"))
_SQUARE = str.maketrans("()", "[]")
_PLACE = re.compile(r"data\.(?=\d+\.)")
_AMBIGUOUS = re.compile(r'\s*+(?:["{\[]|(?:-?\d[\d.eE+-]*+|true|false|null)\s*+\Z|\Z)')
_SHOWN = 80  # characters of a value that a problem shows
_INTEGERS = range(-(1 << 63), 1 << 64)  # what the table's JSON, and most readers of it, can hold
_LONG_INTEGER = "A whole number of more than 64 bits has to stand in quotes."
_CUT_SHORT = "It is not valid JSON: it ends in the middle."
_TOO_DEEP = f"It is nested too deep: more than {schema.DEEPEST} objects and lists stand within each other."


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. ``path`` has its parts joined by dots and is empty for the record itself."""

    path: str
    rule: str
    value: str = ""

    def line(self, index: int) -> str:
        """The sentence form of the API: ``data.<index>[.<path>] [(value)] is invalid. <rule>``.

        Clients take it apart: a value ends at the first closing bracket, and what looks like a place is one.
        """
        place = f".{self.path}" if self.path else ""
        shown = f" ({self.value.translate(_SQUARE)})" if self.value else ""
        return f"data.{index}" + _PLACE.sub("data:", f"{place}{shown} is invalid. {self.rule}")

    @property
    def cause(self) -> tuple[str, str]:
        """What groups problems: the path without positions in lists, and the rule."""
        return re.sub(r"\.\d+(?=\.|$)", "", self.path), self.rule


@dataclass(frozen=True, slots=True)
class Checked:
    """A record's verdict: ``record`` where it is good, else every violation.

    ``rest`` is what the typed record has no place for, in the record's own shape.
    """

    record: Interaction | None
    rest: dict[str, Any] | None
    violations: list[Violation]


class _RepeatedKey(Exception):
    pass


def check_bytes(raw: bytes) -> Checked:
    """Check the JSON text of one record; never raises for anything that the bytes may hold."""
    try:
        text = raw.decode()
        msgspec.json.decode(raw)  # stricter than the standard library, which takes NaN and halves of characters
        value = _decode(text)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return _refused(_CUT_SHORT, _cut(raw[:200].decode(errors="replace")))
        return _refused("It is not UTF-8 text.", _excerpt(raw, error.start))
    except RecursionError:
        return _refused(_TOO_DEEP)
    except _RepeatedKey as error:
        return _refused("The same key stands in it twice.", _cut(str(error)))
    except (msgspec.MsgspecError, ValueError) as error:
        reason, place = _reason(error, text)
        return _refused(f"It is not valid JSON: {reason}.", _cut(text[:200]) if place is None else _excerpt(raw, place))
    if text.count("{") + text.count("[") <= schema.DEEPEST:
        return _judged(value)
    return check(value)


def check(value: Any) -> Checked:
    """Check one decoded record."""
    return _refused(_TOO_DEEP) if _depth(value) > schema.DEEPEST else _judged(value)


def _judged(value: Any) -> Checked:
    if not isinstance(value, dict):
        return _refused("A record has to be an object.", _shown(value))
    record = {key: field for key, field in value.items() if field is not None and key != schema.NOTE}
    violations = list(_violations(record))
    if violations:
        return Checked(None, None, violations)
    plain, rest = _apart(record)
    try:
        return Checked(typed(plain), rest or None, [])
    except msgspec.ValidationError as error:  # a rule the Structs know and we do not would be a defect
        return _refused(f"It cannot be read: {error}.")


def _refused(rule: str, value: str = "") -> Checked:
    return Checked(None, None, [Violation("", rule, value)])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dictionary. A null counts as absent, and so does not make a key come twice."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for key, value in pairs:
        if found.get(key) is None:
            found[key] = value
        elif value is not None:
            raise _RepeatedKey(key)
    return found


_decode = json.JSONDecoder(object_pairs_hook=_once).decode
_encode = json.JSONEncoder(ensure_ascii=False).encode


def _reason(error: Exception, raw: str) -> tuple[str, int | None]:
    """Why a text is no JSON, and at which byte, where that is known: equal faults have to read equal."""
    text, _, place = str(error).removeprefix("JSON is malformed: ").rstrip(".)").partition(" (byte ")
    if "surrogate" in text or ("truncated" in text and raw.rstrip().endswith("}") and r"\u" in raw):
        text = r"half of a character that is written as two \u…"
    elif "truncated" in text:
        text = "it ends in the middle"
    elif "out of range" in text:
        text = "a number is out of range"
    return text, int(place) if place.isdigit() else None


def _excerpt(raw: bytes, place: int) -> str:
    """The text around the byte at ``place``, which it names."""
    return _cut(f"byte {place}: {raw[max(0, place - 20) : place + 20].decode(errors='replace')}")


def _depth(value: Any) -> int:
    """How many objects and lists stand within each other in ``value``, at its deepest."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _shown(value: Any) -> str:
    """A value as a problem shows it: JSON, on one line, cut.

    A text has no quotes unless it reads like another value: "12" the text, 12 the number.
    """
    return _cut(value if isinstance(value, str) and not _AMBIGUOUS.match(value) else _encode(value))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _violations(record: dict[str, Any]) -> Iterator[Violation]:
    kind = record.get("type")
    if kind is None:
        yield Violation("type", "It is required.")
    elif not isinstance(kind, str) or kind not in schema.GROUP_OF:
        yield Violation("type", "It is not an interaction type.", _shown(kind))
        kind = None
    for name, value in record.items():
        field = schema.FIELDS.get(name)
        if name == "type":
            continue
        if field is None:
            yield Violation(_part(name), "There is no such field.", _shown(value))
        elif kind is not None and kind not in field.types:
            yield Violation(name, f"{kind} has no such field.", _shown(value))
        else:
            yield from _field(name, field, value)
    if kind == "custom" and "custom_action_name" not in record:
        yield Violation("custom_action_name", "It is required for custom.")
    if isinstance(record.get("search"), dict):
        yield from _object("search", record["search"], schema.SEARCH_FIELDS, strict=True)
    if isinstance(record.get("context"), dict):
        yield from _context(record["context"])


def _context(context: dict[str, Any]) -> Iterator[Violation]:
    yield from _object("context", context, schema.CONTEXT_FIELDS, strict=False)
    for name, keys in (("campaign", schema.CAMPAIGN_FIELDS), ("page", schema.PAGE_FIELDS)):
        inner = context.get(name)
        if isinstance(inner, dict):
            yield from _object(f"context.{name}", inner, dict.fromkeys(keys, Field(Form.STRING)), strict=False)
    page = context.get("page")
    if isinstance(page, dict) and page.get("url") is None:
        yield Violation("context.page.url", "It is required in a page.")


def _object(path: str, value: dict[str, Any], fields: dict[str, Field], *, strict: bool) -> Iterator[Violation]:
    for name, inner in value.items():
        if inner is None:
            continue
        if name in fields:
            yield from _field(f"{path}.{name}", fields[name], inner)
        elif strict:
            yield Violation(f"{path}.{_part(name)}", "There is no such field.", _shown(inner))
        elif _has_long_integer(inner):
            yield Violation(f"{path}.{_part(name)}", _LONG_INTEGER, _shown(inner))


def _field(path: str, field: Field, value: Any) -> Iterator[Violation]:
    match field.form:
        case Form.STRING:
            yield from _string(path, value, field.longest)
        case Form.STRINGS:
            yield from _list(path, value, field.longest)
        case Form.NUMBER:
            if not _is_number(value):
                yield Violation(path, "It has to be a finite number.", _shown(value))
        case Form.NUMBER_OR_NUMBERS:
            yield from _numbers(path, value)
        case Form.OBJECT:
            if not isinstance(value, dict):
                yield Violation(path, "It has to be an object.", _shown(value))
        case Form.FILTERS:
            yield from _filters(path, value)
        case Form.CUSTOM:
            yield from _custom(path, value)
        case Form.TIMESTAMP:
            if not _is_timestamp(value):
                yield Violation(
                    path, "It has to be a date and time with an offset, such as 2024-03-01T09:41:07Z.", _shown(value)
                )
        case Form.UUID:
            if not isinstance(value, str) or not is_uuid(value):
                yield Violation(path, "It has to be a UUID.", _shown(value))
        case Form.IPV4:
            if not isinstance(value, str) or not is_ipv4(value):
                yield Violation(path, "It has to be an IPv4 address.", _shown(value))


def _string(path: str, value: Any, longest: int | None) -> Iterator[Violation]:
    if not isinstance(value, str):
        yield Violation(path, "It has to be a string.", _shown(value))
    elif longest is not None and len(value) > longest:
        yield Violation(path, f"It is longer than {longest} characters.", _shown(value))


def _list(path: str, value: Any, longest: int | None) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield Violation(path, "It has to be a list of strings.", _shown(value))
        return
    for position, item in enumerate(value):
        yield from _string(f"{path}.{position}", item, longest)


def _numbers(path: str, value: Any) -> Iterator[Violation]:
    if not isinstance(value, list):
        if not _is_number(value):
            yield Violation(path, "It has to be a number or a list of numbers.", _shown(value))
        return
    for position, item in enumerate(value):
        if not _is_number(item):
            yield Violation(f"{path}.{position}", "It has to be a finite number.", _shown(item))


def _filters(path: str, value: Any) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield Violation(path, "It has to be an object of lists of strings.", _shown(value))
        return
    for name, items in value.items():
        yield from _list(f"{path}.{_part(name)}", items, None)


def _custom(path: str, value: Any) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield Violation(path, "It has to be an object.", _shown(value))
        return
    for name, item in value.items():
        if not is_custom_value(item):
            rule = "It has to be a boolean, a number, a string, or a list of numbers, of strings or of objects."
            yield Violation(f"{path}.{_part(name)}", rule, _shown(item))
        elif _has_long_integer(item):
            yield Violation(f"{path}.{_part(name)}", _LONG_INTEGER, _shown(item))


def _has_long_integer(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_long_integer, value.values()))
    if isinstance(value, list):
        return any(map(_has_long_integer, value))
    return isinstance(value, int) and value not in _INTEGERS


def is_custom_value(value: Any) -> bool:
    """Whether ``value`` may stand in custom_context; null counts as absent."""
    if isinstance(value, list):
        return (
            all(isinstance(item, str) for item in value)
            or all(isinstance(item, dict) for item in value)
            or all(_is_number(item) for item in value)
        )
    return value is None or isinstance(value, (bool, str)) or _is_number(value)


def is_uuid(text: str) -> bool:
    return _UUID.match(text) is not None


def is_ipv4(text: str) -> bool:
    """Whether it is an IPv4 address, or empty."""
    return _IPV4.match(text) is not None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _is_timestamp(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        moment = msgspec.convert(value, Moment)
        return EARLIEST <= moment <= LATEST
    except (msgspec.ValidationError, OverflowError):
        return False


def _part(name: str) -> str:
    """A key as a part of a path: parts hold no space, and a very long one is cut."""
    return re.sub(r"\s", "_", name)[:60] or "_"


def _apart(record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A good record without what the Structs have no place for, and that rest in the record's shape."""
    rest: dict[str, Any] = {}
    plain = dict(record)
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
