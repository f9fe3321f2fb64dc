"""Validate one record against the contract and describe every violation in a sentence.

This is the complete set of rules. It runs only for records at which the scanner stops, so it's written for clear
messages, not for speed. Valid records are rewritten in a plain form that the scanner accepts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple, cast

import msgspec

from interactions.contract import schema
from interactions.contract.schema import Field, Form
from interactions.contract.timestamps import instant, is_instant
from interactions.contract.values import is_amount, is_custom_value, is_ipv4, is_number, is_uuid, numbers_are_finite

MOST_NAMED = 20
"""How many violations of a record are listed; the rest are counted."""

_SQUARE = str.maketrans("()", "[]")
_PLACE = re.compile(r"data\.(?=\d+\.)")
_AMBIGUOUS = re.compile(r'\s*+(?:["{\[]|(?:-?\d[\d.eE+-]*+|true|false|null)\s*+\Z|\Z)')
_SHOWN = 80  # characters of a value shown in a message
_LONGEST_SLIP = 60  # characters; longer names are never taken for a typo
_NO_FIELD = "There is no such field."
_NO_TYPE = "It is not an interaction type."
_TYPES = f"The types are {', '.join(schema.TYPES)}."
_OUT_OF_RANGE = "A number in it is out of range."
_AMOUNT = f"It must be a number of at most {schema.LARGEST_AMOUNT:.0e} in size.".replace("e+", "e")
_ABSENT = object()  # a missing value; "" and null are values and are shown
_CUT_SHORT = "It is not valid JSON: it ends in the middle."
_TOO_DEEP = f"It is nested more than {schema.DEEPEST} levels deep."


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. ``path`` is dot-separated, and empty for the record itself."""

    path: str
    rule: str
    value: str = ""

    def line(self, index: int) -> str:
        """The API's error line: ``data.<index>[.<path>] [(value)] is invalid. <rule>``.

        Clients parse it, so a value never contains ")" or anything that looks like ``data.<index>.``.
        """
        place = f".{self.path}" if self.path else ""
        shown = f" ({self.value.translate(_SQUARE)})" if self.value else ""
        return f"data.{index}" + _PLACE.sub("data:", f"{place}{shown} is invalid. {self.rule}")

    @property
    def cause(self) -> tuple[str, str]:
        """The key for grouping violations: the path without list positions, and the rule."""
        return re.sub(r"\.\d+(?=\.|$)", "", self.path), self.rule


class _Fault(NamedTuple):
    """A broken rule whose sentence isn't written yet, because a record may break millions.

    ``name`` is an unknown name for which one of ``names`` may have been meant.
    """

    path: str
    rule: str
    value: Any = _ABSENT
    name: Any = None
    names: Iterable[str] = ()

    def named(self) -> Violation:
        rule = self.rule
        if self.names:
            rule += did_you_mean(self.name, self.names)
        shown = "" if self.value is _ABSENT else _shown(self.value)
        return Violation(self.path, f"{rule} {_TYPES}" if rule.startswith(_NO_TYPE) else rule, shown)


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a record: if valid, its plain JSON as ``record``; else its first violations and how many ``more``
    there are."""

    record: bytes | None
    violations: list[Violation]
    more: int = 0


class _RepeatedKey(Exception):
    pass


def check_bytes(raw: bytes, most: int = MOST_NAMED, ignored: set[str] | None = None) -> Checked:
    """Validate the JSON text of one record. Never raises, whatever the bytes are.

    At most ``most`` violations are listed, the rest are counted. If ``ignored`` is given, unknown fields are dropped
    from the record and their paths are added to that set.
    """
    try:
        text = raw.decode()
        msgspec.json.decode(raw)  # stricter than the standard library, which accepts NaN and lone surrogates
        value = _decode(text)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return refused(_CUT_SHORT, _cut(raw[:200].decode(errors="replace")))
        return refused("It is not UTF-8 text.", _excerpt(raw, error.start))
    except RecursionError:
        return refused(_TOO_DEEP)
    except _RepeatedKey as error:
        return refused("It has the same key twice.", _cut(str(error)))
    except (msgspec.MsgspecError, ValueError) as error:
        reason, place = _reason(error, text)
        return refused(f"It is not valid JSON: {reason}.", _cut(text[:200]) if place is None else _excerpt(raw, place))
    if text.count("{") + text.count("[") <= schema.DEEPEST:
        return _judged(value, most, ignored)
    return check(value, most, ignored)


def check(value: Any, most: int = MOST_NAMED, ignored: set[str] | None = None) -> Checked:
    """Validate one decoded record."""
    return refused(_TOO_DEEP) if _depth(value) > schema.DEEPEST else _judged(value, most, ignored)


def _judged(value: Any, most: int, ignored: set[str] | None) -> Checked:
    if not isinstance(value, dict):
        return refused("A record must be an object.", _shown(value))
    record = {key: field for key, field in value.items() if field is not None and key != schema.NOTE}
    if ignored is not None:
        record = _known(record, schema.FIELDS, "", ignored)
        if isinstance(record.get("search"), dict):
            record["search"] = _known(record["search"], schema.SEARCH_FIELDS, "search.", ignored)
    faults = _violations(record)
    violations = [fault.named() for fault in islice(faults, most)]
    more = sum(1 for _ in faults)
    if violations or more:
        return Checked(None, violations, more)
    if "timestamp" in record:  # in one spelling, also for leap seconds
        moment = cast(datetime, instant(record["timestamp"]))
        record["timestamp"] = moment.replace(tzinfo=None).isoformat() + "Z"
    if "search" in record:
        record["search"] = {key: field for key, field in record["search"].items() if field is not None}
    return Checked(msgspec.json.encode(record), [])


def _known(value: dict[str, Any], fields: Container[str], before: str, ignored: set[str]) -> dict[str, Any]:
    """An object's known fields. The paths of the others, prefixed with ``before``, are added to ``ignored``."""
    known = {name: inner for name, inner in value.items() if name in fields or inner is None}
    ignored.update(before + _part(name) for name in value.keys() - known.keys())
    return known


def refused(rule: str, value: str = "") -> Checked:
    """The verdict on a record that breaks one rule as a whole."""
    return Checked(None, [Violation("", rule, value)])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dict. Null counts as absent, so a key that is null once isn't a duplicate."""
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
    """Why a text isn't JSON, in words that group equal faults, and the byte position if known."""
    text, _, place = str(error).removeprefix("JSON is malformed: ").rstrip(".)").partition(" (byte ")
    if "surrogate" in text or ("truncated" in text and raw.rstrip().endswith("}") and r"\u" in raw):
        text = r"one half of a surrogate pair (\u…)"
    elif "truncated" in text:
        text = "it ends in the middle"
    elif "out of range" in text:
        text = "a number is out of range"
    return text, int(place) if place.isdigit() else None


def _excerpt(raw: bytes, place: int) -> str:
    """The text around the byte at ``place``, with its position."""
    return _cut(f"byte {place}: {raw[max(0, place - 20) : place + 20].decode(errors='replace')}")


def _depth(value: Any) -> int:
    """The maximum nesting depth of objects and lists in ``value``."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _shown(value: Any) -> str:
    """A value as messages show it: JSON on one line, truncated.

    A string is quoted only if it would read like another value: "12" is the string, 12 the number.
    """
    return _cut(value if isinstance(value, str) and not _AMBIGUOUS.match(value) else _encode(value))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _violations(record: dict[str, Any]) -> Iterator[_Fault]:
    kind = record.get("type")
    if kind is None:
        yield _Fault("type", "It is required.")
    elif not isinstance(kind, str) or kind not in schema.GROUP_OF:
        yield _Fault("type", _NO_TYPE, kind, kind, schema.TYPES)
        kind = None
    for name, value in record.items():
        field = schema.FIELDS.get(name)
        if name == "type":
            continue
        if field is None:
            yield _Fault(_part(name), _NO_FIELD, value, name, schema.FIELDS)
        elif kind is not None and kind not in field.types:
            yield _Fault(name, f"{kind} has no such field.", value)
        else:
            yield from _field(name, field, value)
    if kind == "custom" and "custom_action_name" not in record:
        yield _Fault("custom_action_name", "It is required for custom.")
    if isinstance(record.get("search"), dict):
        yield from _object("search", record["search"], schema.SEARCH_FIELDS, strict=True)
    if isinstance(record.get("context"), dict):
        yield from _context(record["context"])


def _context(context: dict[str, Any]) -> Iterator[_Fault]:
    yield from _object("context", context, schema.CONTEXT_FIELDS, strict=False)
    for name, keys in (("campaign", schema.CAMPAIGN_FIELDS), ("page", schema.PAGE_FIELDS)):
        inner = context.get(name)
        if isinstance(inner, dict):
            yield from _object(f"context.{name}", inner, dict.fromkeys(keys, Field(Form.STRING)), strict=False)
    page = context.get("page")
    if isinstance(page, dict) and page.get("url") is None:
        yield _Fault("context.page.url", "It is required in a page.")


def _object(path: str, value: dict[str, Any], fields: dict[str, Field], *, strict: bool) -> Iterator[_Fault]:
    for name, inner in value.items():
        if inner is None:
            continue
        if name in fields:
            yield from _field(f"{path}.{name}", fields[name], inner)
        elif strict:
            yield _Fault(f"{path}.{_part(name)}", _NO_FIELD, inner, name, fields)
        elif not numbers_are_finite(inner):
            yield _Fault(f"{path}.{_part(name)}", _OUT_OF_RANGE, inner)


def _field(path: str, field: Field, value: Any) -> Iterator[_Fault]:
    match field.form:
        case Form.STRING:
            yield from _string(path, value, field.longest)
        case Form.STRINGS:
            yield from _list(path, value, field.longest)
        case Form.NUMBER:
            yield from _amount(path, value)
        case Form.NUMBER_OR_NUMBERS:
            yield from _numbers(path, value)
        case Form.OBJECT:
            if not isinstance(value, dict):
                yield _Fault(path, "It must be an object.", value)
        case Form.FILTERS:
            yield from _filters(path, value)
        case Form.CUSTOM:
            yield from _custom(path, value)
        case Form.TIMESTAMP:
            if not isinstance(value, str) or not is_instant(value):
                yield _Fault(path, "It must be a date and time with an offset, such as 2024-03-01T09:41:07Z.", value)
        case Form.UUID:
            if not isinstance(value, str) or not is_uuid(value):
                yield _Fault(path, "It must be a UUID.", value)
        case Form.IPV4:
            if not isinstance(value, str) or not is_ipv4(value):
                yield _Fault(path, "It must be an IPv4 address.", value)


def _string(path: str, value: Any, longest: int | None) -> Iterator[_Fault]:
    if not isinstance(value, str):
        yield _Fault(path, "It must be a string.", value)
    elif longest is not None and len(value) > longest:
        yield _Fault(path, f"It is longer than {longest} characters.", value)


def _list(path: str, value: Any, longest: int | None) -> Iterator[_Fault]:
    if not isinstance(value, list):
        yield _Fault(path, "It must be a list of strings.", value)
        return
    for position, item in enumerate(value):
        yield from _string(f"{path}.{position}", item, longest)


def _numbers(path: str, value: Any) -> Iterator[_Fault]:
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _amount(f"{path}.{position}", item)
    elif is_number(value):
        yield from _amount(path, value)
    else:
        yield _Fault(path, "It must be a number or a list of numbers.", value)


def _amount(path: str, value: Any) -> Iterator[_Fault]:
    if not is_number(value):
        yield _Fault(path, "It must be a finite number.", value)
    elif not is_amount(value):
        yield _Fault(path, _AMOUNT, value)


def _filters(path: str, value: Any) -> Iterator[_Fault]:
    if not isinstance(value, dict):
        yield _Fault(path, "It must be an object of lists of strings.", value)
        return
    for name, items in value.items():
        yield from _list(f"{path}.{_part(name)}", items, None)


def _custom(path: str, value: Any) -> Iterator[_Fault]:
    if not isinstance(value, dict):
        yield _Fault(path, "It must be an object.", value)
        return
    for name, item in value.items():
        if not is_custom_value(item):
            rule = "It must be a boolean, a number, a string, or a list of numbers, of strings or of objects."
            yield _Fault(f"{path}.{_part(name)}", rule, item)
        elif not numbers_are_finite(item):
            yield _Fault(f"{path}.{_part(name)}", _OUT_OF_RANGE, item)


def _part(name: str) -> str:
    """A key as part of a path: without whitespace, and truncated."""
    return re.sub(r"\s", "_", name)[:60] or "_"


def did_you_mean(name: Any, names: Iterable[str]) -> str:
    """`` Did you mean …?`` if one of ``names`` is close to ``name``, else an empty string."""
    if not isinstance(name, str) or len(name) > _LONGEST_SLIP:
        return ""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    close = get_close_matches(plain, list(names), n=1, cutoff=0.7)
    return f" Did you mean {close[0]}?" if close else ""
