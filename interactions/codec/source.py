"""How records stand in a text, found from its beginning."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from interactions.codec.foreign import not_json
from interactions.codec.structure import scan
from interactions.codec.unpack import Readable, read
from interactions.codec.windows import Format
from interactions.errors import FileRefused

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_HEAD_BYTES = 4 << 20  # how far into an object the list called data may begin
# Possessive: a text that never ends must not be tried again from each of its bytes.
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING = re.compile(_TEXT, re.DOTALL)
_KEY = re.compile(rb"\s*,?\s*(" + _TEXT + rb")\s*:\s*", re.DOTALL)
_LARGE_RECORD = re.compile(rb'\{\s*"type"\s*:\s*"')
_SCALAR = re.compile(rb"[^,}\]]*")


@dataclass(frozen=True, slots=True)
class Shape:
    """How records stand in a text: the format, and the byte at which the first record may begin."""

    format: Format
    start: int


def shape_of(file: Readable) -> Shape:
    """Find the shape of a text from its beginning. Raises FileRefused, saying what the file is not."""
    head = read(file, 1 << 16)
    start = len(_BOM) if head.startswith(_BOM) else 0
    start += len(head[start:]) - len(head[start:].lstrip(_BLANK))
    if start == len(head):
        raise FileRefused("The file is empty." if len(head) < 1 << 16 else "The file begins with blanks only.")
    if head[start : start + 1] == b"[":
        return _array(head, start)
    if head[start : start + 1] != b"{":
        raise FileRefused(not_json(head))
    while True:
        shape = _object(head, start)
        if shape is not None:
            return shape
        more = read(file, len(head)) if len(head) <= _HEAD_BYTES else b""
        if not more:
            break
        head += more
    if _LARGE_RECORD.match(head, start) or _has_lines(head[start:]):
        return Shape(Format.LINES, start)
    raise FileRefused(_without_data(head, start))


def _array(head: bytes, start: int) -> Shape:
    inner = head[start + 1 :].lstrip(_BLANK)[:1]
    if inner not in (b"{", b"]", b""):
        raise FileRefused("The file is a JSON list, but not of objects: each record has to be an object.")
    return Shape(Format.ARRAY, start + 1)


def _object(head: bytes, start: int) -> Shape | None:
    """The shape of a text that begins with an object; None where the head does not tell yet."""
    place = start + 1
    while (key := _KEY.match(head, place)) is not None:
        place = key.end()
        opener = head[place : place + 1]
        if key[1] == b'"data"' and opener == b"[":
            return Shape(Format.OBJECT, place + 1)
        if opener in (b"{", b"["):
            bounds = scan(head[place:]).bounds
            if not bounds:
                return None
            place += bounds[0][1]
        elif opener == b'"':
            text = _STRING.match(head, place)
            if text is None:
                return None
            place = text.end()
        else:
            place = _SCALAR.match(head, place).end()  # type: ignore[union-attr]  # it matches nothing, too
    end = re.compile(rb"\s*\}").match(head, place)
    return None if end is None else _lines(head, start, end.end())


def _lines(head: bytes, start: int, end: int) -> Shape | None:
    """A whole object without a list called data begins the text: it is a record, if it is one on a line."""
    if b"\n" in head[start:end]:
        raise FileRefused(_without_data(head, start))
    if _is_record(head[start:end]) or head[end:].strip(_BLANK):
        return Shape(Format.LINES, start)
    return None


def _has_lines(text: bytes) -> bool:
    """Whether lines are records, though the first may be broken."""
    lines = [line for line in text[: 1 << 16].split(b"\n")[:20] if line.strip(_BLANK)]
    return len(lines) > 1 and 2 * sum(map(_is_record, lines)) >= len(lines)


def _is_record(line: bytes) -> bool:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and "type" in found


def _without_data(head: bytes, start: int) -> str:
    if len(head) > _HEAD_BYTES:
        return "The file is a JSON object in which no list called «data» begins within the first 4 MB."
    if scan(head[start:]).bounds:
        return "The file is one JSON object without a list called «data»: put the records into that list."
    return "The file ends in the middle of its first record."


def first_pieces(text: bytes, shape: Shape, count: int) -> list[bytes]:
    """The text of the first records, at most ``count``, whole or not."""
    inner = text[shape.start :]
    if shape.format is Format.LINES:
        return [line for line in inner.split(b"\n", 4 * count) if line.strip(_BLANK)][:count]
    found = scan(inner)
    pieces = [inner[start:end] for start, end in found.bounds[:count]]
    return pieces or [inner[found.rest :][:4096]]
