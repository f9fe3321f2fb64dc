"""The ids mentioned in a text, however they are escaped, and even if it's damaged."""

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
    """An object's fields in order, including repeated names."""


@dataclass(slots=True)
class Mentions:
    """``users`` and ``visitors`` are the values of fields for a user_id or an anonymous_id at any depth.

    If the text isn't JSON, ``words`` are all words that could be ids; it ``is_unclear`` if it has a field for an id
    that can't be read.
    """

    users: list[str] = field(default_factory=list)
    visitors: list[str] = field(default_factory=list)
    timestamp: datetime | None = None
    words: frozenset[str] = frozenset()
    is_unclear: bool = False


def said_in(text: str) -> Mentions:
    """The ids in ``text``, which may be JSON or not. Takes linear time."""
    said = Mentions()
    try:
        _look_into(_decoded(text), said, _DEPTH)
    except (ValueError, RecursionError):
        pieces = _pieces(text)
        said.words = frozenset(_words(text, pieces))
        said.is_unclear = _is_unclear(pieces)
    return said


def words_in(text: str) -> frozenset[str]:
    """All words in ``text`` that could be ids."""
    return frozenset(_words(text, _pieces(text)))


def scalars(value: Any) -> Iterator[str]:
    """The strings and numbers in a value, as written."""
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
    """The value of a JSON string literal; unchanged if it's invalid."""
    try:
        said: Any = json.loads(literal, strict=False)
    except ValueError:
        return literal[1:-1]
    return str(said)


def _decoded(text: str) -> Any:
    return json.loads(text, strict=False, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)


def _look_into(value: Any, said: Mentions, depth: int) -> None:
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
    """The pieces of a text between unescaped quotes."""
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
    within = text.replace('\\"', '"')  # for JSON within a string
    for word in (*pieces, *within.replace("'", '"').split('"'), *within.translate(_SEPARATORS).split()):
        if 0 < len(word) <= _LONGEST:
            said = plain(f'"{word}"')
            yield said
            if "\\" in said:
                yield plain(f'"{said}"')


def _is_unclear(pieces: list[str]) -> bool:
    """Whether the value of a field for an id is an unterminated string or has invalid escapes."""
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
    except ValueError:  # invalid escapes or lone surrogates
        return False
    return "\ufffd" not in said
