"""Whom a text names: the ids that it says, however they are spelled, and also where it is damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from interactions.contract.timestamps import instant

_NAMES: Final = {"userid": "user", "anonymousid": "anonymous"}
_LONGEST: Final = 12 * 1_024  # characters of an id, each of them escaped
_DEPTH: Final = 3  # of JSON within strings within JSON
_SEPARATORS: Final = str.maketrans(dict.fromkeys("{}[](),:;=<>'\"", " "))


class _Pairs(list[tuple[str, Any]]):
    """An object's fields in order; a name that comes twice is there twice."""


@dataclass(slots=True)
class Said:
    """``users`` and ``visitors``: what stands in fields for a user_id or an anonymous_id, wherever these are.

    Of a text that is no JSON, ``words`` are all that could be an id; it ``is_unclear`` where it has a field for one
    that cannot be read.
    """

    users: list[str] = field(default_factory=list)
    visitors: list[str] = field(default_factory=list)
    timestamp: datetime | None = None
    words: frozenset[str] = frozenset()
    is_unclear: bool = False


def said_in(text: str) -> Said:
    """What ``text`` says, be it JSON or not. Work grows with its length."""
    said = Said()
    try:
        _look_into(_decoded(text), said, _DEPTH)
    except (ValueError, RecursionError):
        pieces = _pieces(text)
        said.words = frozenset(_words(text, pieces))
        said.is_unclear = _is_unclear(pieces)
    return said


def words_in(text: str) -> frozenset[str]:
    """Everything in ``text`` that could be an id."""
    return frozenset(_words(text, _pieces(text)))


def scalars(value: Any) -> Iterator[str]:
    """The texts and numbers in a value, as they are written."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, _Pairs):
        for _, each in value:
            yield from scalars(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from scalars(each)
    elif isinstance(value, list):
        for each in value:
            yield from scalars(each)


def plain(literal: str) -> str:
    """What a JSON string says; as it stands where it is none."""
    try:
        said: Any = json.loads(literal, strict=False)
    except ValueError:
        return literal[1:-1]
    return str(said)


def _decoded(text: str) -> Any:
    return json.loads(text, strict=False, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)


def _look_into(value: Any, said: Said, depth: int) -> None:
    if isinstance(value, _Pairs):
        for name, each in value:
            kind = _kind(name)
            if kind is not None:
                (said.users if kind == "user" else said.visitors).extend(scalars(each))
            elif name == "timestamp" and said.timestamp is None and isinstance(each, str):
                said.timestamp = instant(each)
            _look_into(each, said, depth)
    elif isinstance(value, list):
        for each in value:
            _look_into(each, said, depth)
    elif isinstance(value, str) and depth and value.lstrip()[:1] in ("{", "[", '"'):
        try:
            within = _decoded(value)
        except (ValueError, RecursionError):
            return
        _look_into(within, said, depth - 1)


def _kind(name: str) -> str | None:
    if len(name) > 40:
        return None
    return _NAMES.get(name.lower().replace("_", "").replace("-", "").replace(" ", ""))


def _pieces(text: str) -> list[str]:
    """What stands before, between and after quotes; a quote that is escaped parts nothing."""
    pieces: list[str] = []
    held = ""
    for piece in text.split('"'):
        held += piece
        if (len(piece) - len(piece.rstrip("\\"))) % 2:
            held += '"'
        else:
            pieces.append(held)
            held = ""
    return [*pieces, held] if held else pieces


def _words(text: str, pieces: list[str]) -> Iterator[str]:
    within = text.replace('\\"', '"')  # of JSON within a string
    for word in (*pieces, *within.replace("'", '"').split('"'), *within.translate(_SEPARATORS).split()):
        if 0 < len(word) <= _LONGEST:
            said = plain(f'"{word}"')
            yield said
            if "\\" in said:
                yield plain(f'"{said}"')


def _is_unclear(pieces: list[str]) -> bool:
    """Whether the value of a field for an id is a string that does not end, or whose escapes are wrong."""
    last = len(pieces) - 1
    for at, piece in enumerate(pieces[:-1]):
        if _kind(plain(f'"{piece}"') if len(piece) <= _LONGEST else "") is None or pieces[at + 1].strip() != ":":
            continue
        if at + 2 >= last or not _is_string(pieces[at + 2]):
            return True
    return False


def _is_string(piece: str) -> bool:
    try:
        said = json.loads(f'"{piece}"')
        said.encode()
    except ValueError:  # wrong escapes, or half of a character
        return False
    return "\ufffd" not in said
