"""Validate one record against the contract and describe every violation in a sentence.

This is the complete set of rules. It runs only for records that the scanner doesn't accept, so it's written for clear
messages, not for speed. Valid records are rewritten in a plain form that the scanner accepts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeAlias, cast

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
_MOST_SLIPS = 1_000  # for which suggestions are remembered
_NO_FIELD = "There is no such field."
_NO_TYPE = "It is not an interaction type."
_TYPES = f"The types are {', '.join(schema.TYPES)}."
_OUT_OF_RANGE = "A number in it is out of range."
_AMOUNT = f"It must be a number of at most {schema.LARGEST_AMOUNT:.0e} in size.".replace("e+", "e")
_ABSENT = object()  # a missing value; "" and null are values and are shown
_FIELDS, _SEARCH = tuple(schema.FIELDS), tuple(schema.SEARCH_FIELDS)
_CAMPAIGN, _PAGE = (dict.fromkeys(names, Field(Form.STRING)) for names in (schema.CAMPAIGN_FIELDS, schema.PAGE_FIELDS))
_OBJECT = "It must be an object."
_TIMESTAMP = "It must be a date and time with an offset, such as 2024-03-01T09:41:07Z."
_CUSTOM = "It must be a boolean, a number, a string, or a list of numbers, of strings or of objects."
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


Suggest: TypeAlias = Callable[[str, tuple[str, ...]], str]


def did_you_mean(name: str, names: tuple[str, ...]) -> str:
    """`` Did you mean …?`` if one of ``names`` is close to ``name``, else an empty string."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    close = get_close_matches(plain, names, n=1, cutoff=0.7)
    return f" Did you mean {close[0]}?" if close else ""


def remembered_suggestions() -> Suggest:
    """:func:`did_you_mean` with a cache, for one file or call: the same slips come again and again, and a search takes
    longer than checking the record."""
    return lru_cache(_MOST_SLIPS)(did_you_mean)


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a record: if valid, its plain JSON as ``record``; else its first violations and how many ``more``
    there are."""

    record: bytes | None
    violations: list[Violation]
    more: int = 0


class TooDeep(Exception):
    """A value is nested more than ``schema.DEEPEST`` levels deep."""


class _RepeatedKey(Exception):
    pass


def check_bytes(
    raw: bytes, most: int = MOST_NAMED, ignored: set[str] | None = None, suggest: Suggest = did_you_mean
) -> Checked:
    """Validate the JSON text of one record. Never raises, whatever the bytes are.

    At most ``most`` violations are listed, the rest are counted. If ``ignored`` is given, unknown fields are dropped
    from the record and their paths are added to that set. To check many, pass ``remembered_suggestions()``.
    """
    try:
        text = raw.decode()
        msgspec.json.decode(raw)  # stricter than the standard library, which accepts NaN and lone surrogates
        value = _decode(text)
        if text.count("{") + text.count("[") > schema.DEEPEST:
            keys_within(value)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return refused(_CUT_SHORT, _cut(raw[:200].decode(errors="replace")))
        return refused("It is not UTF-8 text.", _excerpt(raw, error.start))
    except (RecursionError, TooDeep):
        return refused(_TOO_DEEP)
    except _RepeatedKey as error:
        return refused("It has the same key twice.", _cut(str(error)))
    except (msgspec.MsgspecError, ValueError) as error:
        reason, place = _reason(error, text)
        return refused(f"It is not valid JSON: {reason}.", _cut(text[:200]) if place is None else _excerpt(raw, place))
    return _judged(value, most, ignored, suggest)


def _judged(value: Any, most: int, ignored: set[str] | None, suggest: Suggest) -> Checked:
    if not isinstance(value, dict):
        return refused("A record must be an object.", _shown(value))
    record = {key: field for key, field in value.items() if field is not None and key != schema.NOTE}
    if ignored is not None:
        record = _known(record, schema.FIELDS, "", ignored)
        if isinstance(record.get("search"), dict):
            record["search"] = _known(record["search"], schema.SEARCH_FIELDS, "search.", ignored)
    found = _Violations(most, suggest)
    found.of_record(record)
    if found.first or found.more:
        return Checked(None, found.first, found.more)
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


def keys_within(value: Any, depth: int = 1) -> int:
    """The number of keys of all objects in ``value``, which is ``depth`` levels deep in a record. Raises TooDeep."""
    if value.__class__ is not dict and value.__class__ is not list:
        return 0
    if depth > schema.DEEPEST:
        raise TooDeep
    keys = 0
    if value.__class__ is dict:
        keys, value = len(value), value.values()
    for inner in value:
        if inner.__class__ is dict or inner.__class__ is list:
            keys += keys_within(inner, depth + 1)
    return keys


def _shown(value: Any) -> str:
    """A value as messages show it: JSON on one line, truncated.

    A string is quoted only if it would read like another value: "12" is the string, 12 the number.
    """
    return _cut(value if isinstance(value, str) and not _AMBIGUOUS.match(value) else _encode(value))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


class _Violations:
    """Finds a record's violations: the ``first`` ones, and how many ``more`` there are, which can be millions."""

    def __init__(self, most: int, suggest: Suggest) -> None:
        self.first: list[Violation] = []
        self.more = 0
        self._most, self._suggest = most, suggest

    def add(self, path: str, rule: str, value: Any = _ABSENT) -> None:
        if len(self.first) < self._most:
            self.first.append(Violation(path, rule, "" if value is _ABSENT else _shown(value)))
        else:
            self.more += 1

    def _meant(self, name: Any, names: tuple[str, ...]) -> str:
        """What may have been meant by an unknown name, if its violation is listed."""
        is_slip = isinstance(name, str) and len(name) <= _LONGEST_SLIP and len(self.first) < self._most
        return self._suggest(name, names) if is_slip else ""

    def of_record(self, record: dict[str, Any]) -> None:
        """Check a record, without its nulls."""
        kind = record.get("type")
        if kind is None:
            self.add("type", "It is required.")
        elif not isinstance(kind, str) or kind not in schema.GROUP_OF:
            self.add("type", f"{_NO_TYPE}{self._meant(kind, schema.TYPES)} {_TYPES}", kind)
            kind = None
        for name, value in record.items():
            field = schema.FIELDS.get(name)
            if name == "type":
                continue
            if field is None:
                self.add(_part(name), _NO_FIELD + self._meant(name, _FIELDS), value)
            elif kind is not None and kind not in field.types:
                self.add(name, f"{kind} has no such field.", value)
            else:
                _RULES[field.form](self, name, value, field.longest)
        if kind == "custom" and "custom_action_name" not in record:
            self.add("custom_action_name", "It is required for custom.")
        if isinstance(search := record.get("search"), dict):
            self._object("search", search, schema.SEARCH_FIELDS, _SEARCH)
        if isinstance(context := record.get("context"), dict):
            self._context(context)

    def _context(self, context: dict[str, Any]) -> None:
        self._object("context", context, schema.CONTEXT_FIELDS)
        if isinstance(campaign := context.get("campaign"), dict):
            self._object("context.campaign", campaign, _CAMPAIGN)
        if isinstance(page := context.get("page"), dict):
            self._object("context.page", page, _PAGE)
            if page.get("url") is None:
                self.add("context.page.url", "It is required in a page.")

    def _object(
        self, path: str, value: dict[str, Any], fields: dict[str, Field], names: tuple[str, ...] | None = None
    ) -> None:
        """Check an object of which ``fields`` are known. It may have no others if their ``names`` are given."""
        for name, inner in value.items():
            field = fields.get(name)
            if inner is None:
                continue
            if field is not None:
                _RULES[field.form](self, f"{path}.{name}", inner, field.longest)
            elif names is not None:
                self.add(f"{path}.{_part(name)}", _NO_FIELD + self._meant(name, names), inner)
            elif not numbers_are_finite(inner):
                self.add(f"{path}.{_part(name)}", _OUT_OF_RANGE, inner)

    def string(self, path: str, value: Any, longest: int | None) -> None:
        if not isinstance(value, str):
            self.add(path, "It must be a string.", value)
        elif longest is not None and len(value) > longest:
            self.add(path, f"It is longer than {longest} characters.", value)

    def strings(self, path: str, value: Any, longest: int | None) -> None:
        if not isinstance(value, list):
            self.add(path, "It must be a list of strings.", value)
            return
        for position, item in enumerate(value):
            self.string(f"{path}.{position}", item, longest)

    def number(self, path: str, value: Any, _: int | None = None) -> None:
        if not is_number(value):
            self.add(path, "It must be a finite number.", value)
        elif not is_amount(value):
            self.add(path, _AMOUNT, value)

    def numbers(self, path: str, value: Any, _: int | None) -> None:
        if isinstance(value, list):
            for position, item in enumerate(value):
                self.number(f"{path}.{position}", item)
        elif is_number(value):
            self.number(path, value)
        else:
            self.add(path, "It must be a number or a list of numbers.", value)

    def filters(self, path: str, value: Any, _: int | None) -> None:
        if not isinstance(value, dict):
            self.add(path, "It must be an object of lists of strings.", value)
            return
        for name, items in value.items():
            self.strings(f"{path}.{_part(name)}", items, None)

    def custom(self, path: str, value: Any, _: int | None) -> None:
        if not isinstance(value, dict):
            self.add(path, _OBJECT, value)
            return
        for name, item in value.items():
            if item.__class__ is str or item.__class__ is bool:  # as most are
                continue
            if not is_custom_value(item):
                self.add(f"{path}.{_part(name)}", _CUSTOM, item)
            elif not numbers_are_finite(item):
                self.add(f"{path}.{_part(name)}", _OUT_OF_RANGE, item)


_Rule: TypeAlias = Callable[[_Violations, str, Any, int | None], None]


def _rule(is_good: Callable[[Any], bool], sentence: str) -> _Rule:
    def check(found: _Violations, path: str, value: Any, _: int | None) -> None:
        if not is_good(value):
            found.add(path, sentence, value)

    return check


_RULES: dict[Form, _Rule] = {
    Form.STRING: _Violations.string,
    Form.STRINGS: _Violations.strings,
    Form.NUMBER: _Violations.number,
    Form.NUMBER_OR_NUMBERS: _Violations.numbers,
    Form.FILTERS: _Violations.filters,
    Form.CUSTOM: _Violations.custom,
    Form.OBJECT: _rule(lambda value: isinstance(value, dict), _OBJECT),
    Form.TIMESTAMP: _rule(lambda value: isinstance(value, str) and is_instant(value), _TIMESTAMP),
    Form.UUID: _rule(lambda value: isinstance(value, str) and is_uuid(value), "It must be a UUID."),
    Form.IPV4: _rule(lambda value: isinstance(value, str) and is_ipv4(value), "It must be an IPv4 address."),
}


def _part(name: str) -> str:
    """A key as part of a path: without whitespace, and truncated."""
    return re.sub(r"\s", "_", name)[:60] or "_"
