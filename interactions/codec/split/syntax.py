"""The syntax of a stream of JSON documents: where a value ends, what it is, and where a damaged one ends.

Everything here depends only on the bytes from one place on, never on those before it, so the result is the same however
a file is cut. It takes linear time. ``size`` is the end of the text that may be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from interactions.contract import schema

BLANKS = b" \t\r\n"
RECORD_SEPARATOR = b"\x1e"
#: The bytes before a document on its own line. No JSON string contains them.
LINE_ENDS = b"\r\n\x1e"
#: What may separate documents and records, in any number and order. RFC 7464 puts 0x1E before each document.
SEPARATORS = re.compile(rb"(?:[ \t\r\n,\x1e]++|\xef\xbb\xbf)*+")
#: The longest match of NEXT: a text can be searched in pieces that overlap by this much.
OVERLAP = 512
#: A record longer than this is damaged if another record seems to begin on its own line within it.
MOST_LINES_BYTES = 1 << 16

#: How many lists may open directly within each other.
MOST_LISTS = 16

_BLANKS = rb"[ \t\r\n]{0,64}+"
_TEXT = rb'"(?:[^"\\\r\n\x1e]++|\\[^\r\n\x1e])*+'
_FIELDS = "|".join(map(re.escape, ["type", schema.NOTE, *schema.FIELDS])).encode()
_FIRST_KEY = rb'\{%b"(?:(?:%b)"%b:|data"%b:%b\[)' % (_BLANKS, _FIELDS, _BLANKS, _BLANKS, _BLANKS)
# What follows a colon is a value within a record, even if it looks like a record.
_START = rb"(?<!:)(?<!: )(?:\[[ \t]{0,64}+)?%b" % _FIRST_KEY
_LINE = rb'(?:[\r\n]\x1e?|\x1e)(?:\xef\xbb\xbf)?(?=\{%b["}]|\[%b\{)' % (_BLANKS, _BLANKS)

#: A document begins on a line of its own.
LINE = re.compile(_LINE)
#: Where reading continues after damage: there, or wherever text looks like the beginning of a record.
NEXT = re.compile(rb"%b|%b" % (_LINE, _START))
#: The same within a list, which may also end.
NEXT_IN_LIST = re.compile(rb"%b|%b|\]" % (_LINE, _START))
#: A value that isn't an object or a list, or that could be one.
SCALAR = re.compile(rb'(?:%b"|[-+.\w]++)(?=[ \t\r\n,\x1e\[\]{}]|\xef\xbb\xbf|\Z)' % _TEXT)
#: The beginning of a document that contains records.
HEAD = re.compile(rb'(?:\[|\{[ \t\r\n]*+"data"[ \t\r\n]*+:[ \t\r\n]*+\[)[ \t\r\n]*+')
TYPE_FIRST = re.compile(rb'\{[ \t\r\n]*+"type"[ \t\r\n]*+:')
DATA_FIRST = re.compile(rb'\{[ \t\r\n]*+"data"[ \t\r\n]*+:[ \t\r\n]*+\[')
KEY = re.compile(rb'[ \t\r\n]*+("(?:[^"\\]++|\\.)*+")[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)

_FIRST = re.compile(_FIRST_KEY)
_LISTS = re.compile(rb"\[(?:%b\[){0,%d}+%b(?!\[)" % (_BLANKS, MOST_LISTS - 1, _BLANKS))
_COMMA = re.compile(rb"[ \t\r\n]*+,")
_TOKENS = re.compile(rb'%b("?)|%b|[{}\[\]:,]|[-+.\w]++' % (_TEXT, _LINE))
QUOTE, COLON, OPEN, CLOSE, LIST, LIST_END = b'":{}[]'
_BEFORE_ITEM = b"[,"

_raw = msgspec.json.Decoder(msgspec.Raw)
_TRAILING, _TRUNCATED = "JSON is malformed: trailing characters", "Input data was"


def opens_list(text: bytes, start: int, size: int) -> bool | None:
    """Whether a list of records begins at ``start``, nested at most MOST_LISTS deep; None if the text is too short to
    tell."""
    found = _LISTS.match(text, start, size)
    if found is None:
        return False
    return None if found.end() == size else True


class End(NamedTuple):
    """The ``place`` after a value if it's valid; else None, and whether the text was just too short."""

    place: int | None
    is_short: bool = False


def value_end(view: memoryview, start: int, size: int) -> End:
    """The end of the value at ``start``, if it's syntactically valid.

    An escaped lone surrogate is reported like a text that is too short.
    """
    text = view[start:size]
    try:
        _raw.decode(text)
    except msgspec.DecodeError as error:
        reason = str(error)
        if not reason.startswith(_TRAILING):
            return End(None, reason.startswith(_TRUNCATED))
        length = int(reason[reason.rindex(" ") + 1 : -1]) - 1  # its positions count from 1
    except RecursionError:
        return End(None)
    else:
        length = len(text)
    while text[length - 1] in b" \t\r\n":
        length -= 1
    return End(start + length)


class Cut(NamedTuple):
    """Where a damaged value ends; ``by_line`` if only because another record begins on its own line."""

    place: int
    by_line: bool = False


def cut_of(text: bytes, start: int, size: int) -> Cut | None:
    """Where the object at ``start``, which is invalid or incomplete, ends.

    That is where its braces match, or earlier if another record begins where no value is allowed. None if neither is
    found.
    """
    opened, last = bytearray(), 0
    for token in _TOKENS.finditer(text, start, size):
        place = token.start()
        first = text[place]
        context = opened[-1] if opened else 0
        if first == QUOTE:
            if not token[1]:  # a line break in a string: everything since its quote is in doubt
                found = NEXT.search(text, token.end(), size)
                return Cut(found.start()) if found else None
            brace = _brace_at_end(text, place, token.end())
            if brace is not None and _FIRST.match(text, brace, size):
                return Cut(brace)  # a quote is missing or superfluous
        elif first == OPEN:
            fits = not opened or (last in _BEFORE_ITEM if context == LIST else last == COLON)
            if not fits and _FIRST.match(text, place, size):
                return Cut(place)
            opened.append(OPEN)
        elif first == LIST:
            opened.append(LIST)
        elif first == LIST_END:
            if context == LIST:
                opened.pop()
        elif first == CLOSE:
            while opened and opened.pop() != OPEN:
                pass
            if not opened:
                return Cut(token.end())
        elif first in LINE_ENDS:
            return Cut(place, by_line=True)
        last = first
    return None


def _brace_at_end(text: bytes, start: int, end: int) -> int | None:
    """The position of a brace that ends a string, apart from whitespace."""
    place = end - 2
    while place > start and text[place] in b" \t":
        place -= 1
    return place if place > start and text[place] == OPEN else None


@dataclass(frozen=True, slots=True)
class Head:
    """What precedes the records of an object with a list called data: its keys, and where the list begins."""

    place: int
    keys: frozenset[str]
    repeated: str | None


def head_of(text: bytes, view: memoryview, start: int, size: int) -> Head | None:
    """The head of the object at ``start``; None if it's a record or incomplete."""
    keys: set[str] = set()
    repeated = None
    for name, _, place in members(text, view, start, size):
        if name is None or name == "type":
            return None
        if name in keys:
            repeated = name
        keys.add(name)
        if name == "data" and text[place : place + 1] == b"[":
            return Head(place + 1, frozenset(keys), repeated)
    return None


def members(text: bytes, view: memoryview, start: int, size: int) -> Iterator[tuple[str | None, int, int]]:
    """The keys of the object at ``start``, each with its position and its value's, as far as they're valid."""
    place: int | None = start + 1
    while place is not None and (found := KEY.match(text, place, size)) is not None:
        yield key_of(found[1]), found.start(1), found.end()
        end = value_end(view, found.end(), size).place
        comma = None if end is None else _COMMA.match(text, end, size)
        place = None if comma is None else comma.end()


def key_of(text: bytes) -> str | None:
    """A key, decoded; None if it isn't a valid string."""
    try:
        return msgspec.json.decode(text, type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
