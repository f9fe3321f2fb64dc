"""Where a value of a stream of JSON documents ends, what kind of document it is, and where a damaged one is left.

Everything here is told by the bytes from one place on, in time that grows with them, and knows nothing of what stood
before: so it is the same however a file is cut. A ``size`` is where the text ends as far as it may be looked at.
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
#: What a document on a line of its own follows, and no string holds.
LINE_ENDS = b"\r\n\x1e"
#: What may stand between documents and between records, in any number and order, and says nothing. RFC 7464 puts 0x1E
#: before each document.
SEPARATORS = re.compile(rb"(?:[ \t\r\n,\x1e]++|\xef\xbb\xbf)*+")
#: Longest match of NEXT, so that a text may be searched in pieces that overlap by so much.
OVERLAP = 512
#: A record that is not over by then, and in which another seems to begin on a line of its own, is a damaged one.
MOST_LINES_BYTES = 1 << 16

#: Lists that may open right behind each other.
MOST_LISTS = 16

_BLANKS = rb"[ \t\r\n]{0,64}+"
_TEXT = rb'"(?:[^"\\\r\n\x1e]++|\\[^\r\n\x1e])*+'
_FIELDS = "|".join(map(re.escape, ["type", schema.NOTE, *schema.FIELDS])).encode()
_FIRST_KEY = rb'\{%b"(?:(?:%b)"%b:|data"%b:%b\[)' % (_BLANKS, _FIELDS, _BLANKS, _BLANKS, _BLANKS)
# What stands behind a colon is a value within a record, however much it looks like one.
_START = rb"(?<!:)(?<!: )(?:\[[ \t]{0,64}+)?%b" % _FIRST_KEY
_LINE = rb'(?:[\r\n]\x1e?|\x1e)(?:\xef\xbb\xbf)?(?=\{%b["}]|\[%b\{)' % (_BLANKS, _BLANKS)

#: A document begins on a line of its own.
LINE = re.compile(_LINE)
#: Where reading goes on after damage: there, or at what begins like a record wherever it stands.
NEXT = re.compile(rb"%b|%b" % (_LINE, _START))
#: The same within a list, which may also be closed.
NEXT_IN_LIST = re.compile(rb"%b|%b|\]" % (_LINE, _START))
#: A value that is no object and no list, or what could be one.
SCALAR = re.compile(rb'(?:%b"|[-+.\w]++)(?=[ \t\r\n,\x1e\[\]{}]|\xef\xbb\xbf|\Z)' % _TEXT)
#: What opens a document that holds records.
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
    """Whether a list of records begins at ``start``, perhaps with others in it, but not too many; None where the text
    does not tell."""
    found = _LISTS.match(text, start, size)
    if found is None:
        return False
    return None if found.end() == size else True


class End(NamedTuple):
    """How a value ends: ``place`` after it where it is valid; else None, and whether only the text was too short."""

    place: int | None
    is_short: bool = False


def value_end(view: memoryview, start: int, size: int) -> End:
    """The end of the value at ``start``, valid as far as its grammar goes.

    An escaped half of a character reads like a text that is too short.
    """
    text = view[start:size]
    try:
        _raw.decode(text)
    except msgspec.DecodeError as error:
        reason = str(error)
        if not reason.startswith(_TRAILING):
            return End(None, reason.startswith(_TRUNCATED))
        length = int(reason[reason.rindex(" ") + 1 : -1]) - 1  # it counts these from 1
    except RecursionError:
        return End(None)
    else:
        length = len(text)
    while text[length - 1] in b" \t\r\n":
        length -= 1
    return End(start + length)


class Cut(NamedTuple):
    """Where a damaged value is left; ``by_line`` where that is only because another begins on a line of its own."""

    place: int
    by_line: bool = False


def cut_of(text: bytes, start: int, size: int) -> Cut | None:
    """Where the object at ``start``, which is not valid or not whole, is left.

    That is where its braces match, or before them where another record begins at a place where no value can stand.
    None where neither is found.
    """
    opened, last = bytearray(), 0
    for token in _TOKENS.finditer(text, start, size):
        place = token.start()
        first = text[place]
        context = opened[-1] if opened else 0
        if first == QUOTE:
            if not token[1]:  # JSON has no line breaks in strings, so all that was read since is in doubt
                found = NEXT.search(text, token.end(), size)
                return Cut(found.start()) if found else None
            brace = _brace_at_end(text, place, token.end())
            if brace is not None and _FIRST.match(text, brace, size):
                return Cut(brace)  # a quote is missing, or too many
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
    """The brace that is the last thing in a string, but for blanks."""
    place = end - 2
    while place > start and text[place] in b" \t":
        place -= 1
    return place if place > start and text[place] == OPEN else None


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the records of an object with a list called data: its keys, and where the list begins."""

    place: int
    keys: frozenset[str]
    repeated: str | None


def head_of(text: bytes, view: memoryview, start: int, size: int) -> Head | None:
    """The head of the object at ``start``; None where it is a record, or not whole."""
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
    """The keys of the object at ``start``, each with its place and that of its value, as far as they are valid."""
    place: int | None = start + 1
    while place is not None and (found := KEY.match(text, place, size)) is not None:
        yield key_of(found[1]), found.start(1), found.end()
        end = value_end(view, found.end(), size).place
        comma = None if end is None else _COMMA.match(text, end, size)
        place = None if comma is None else comma.end()


def key_of(text: bytes) -> str | None:
    """A key as it is meant; None where it is no text."""
    try:
        return msgspec.json.decode(text, type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
