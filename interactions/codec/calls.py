"""Parse and validate the body of an API call."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from interactions.codec.origin import Origin
from interactions.codec.problems import Problems
from interactions.codec.reader import Reader
from interactions.codec.rulebook import check_bytes, remembered_suggestions
from interactions.codec.split.syntax import BLANKS, RECORD_SEPARATOR, head_of, members, value_end
from interactions.contract import schema

_TOO_DEEP = f"The body is nested more than {schema.DEEPEST} levels deep."
_SHAPE = 'The body must be a JSON object with a list called "data", a list of records, or one record per line.'
FEW = 50  # up to so many records, only the rule book is used: loading the scanner costs a process 100 MB
_SMALL = 64 << 10  # bytes; larger bodies aren't split up just to count their records
_OPENING, _BRACE = b"[{"
_NEXT_LINE = re.compile(rb"(?:[ \t]*+[\r\n\x1e][ \t\r\n\x1e]*+)?(?:[ \t]++\Z)?")
_BOM = b"\xef\xbb\xbf"
_BYTE = re.compile(r" \(byte (\d+)\)$")


class BadCall(Exception):
    """The body isn't a valid call. The message is a sentence for the client."""


class _Body(msgspec.Struct, gc=False):
    data: msgspec.Raw


_body = msgspec.json.Decoder(_Body)
_raw = msgspec.json.Decoder(msgspec.Raw)
_pieces = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Call:
    """A parsed body: the number of ``records``, and their ``text`` as received, without the list's brackets."""

    records: int
    text: bytes
    problems: Problems


def read_call(body: bytes, origin: Origin) -> Call:
    """Validate all records of a body: an object with a list called data, a list, one record, or one record per line.

    Raises BadCall if the body has none of these shapes.
    """
    text = _records_in(body)
    problems = Problems()
    if len(text) <= _SMALL:
        pieces = _pieces.decode(b"[" + text + b"]")
        if len(pieces) <= FEW:
            suggest = remembered_suggestions()
            for index, piece in enumerate(pieces):
                checked = check_bytes(bytes(piece), problems.most, suggest=suggest)
                if checked.record is None:
                    problems.add(index, checked.violations, checked.more)
            return Call(len(pieces), bytes(text), problems)
    records = 0
    reader = Reader(origin, None, longest=len(text) + 1, only_checks=True)
    for batch in reader.read_values(bytes(text)):
        records += batch.records
        for rejected in batch.rejected:
            problems.add(rejected.index, rejected.violations, rejected.more)
        reader.most_named = problems.most
    return Call(records, bytes(text), problems)


def are_good(text: bytes, records: int) -> bool:
    """Whether so many JSON objects with commas between them surely keep all rules, so that nobody has to look at each.

    It never says so of few, for which the rule book is enough.
    """
    if records <= FEW:
        return False
    accepted = 0
    for batch in Reader(Origin(0, None), None, longest=len(text) + 1, only_checks=True).read_values(text):
        if batch.rejected:
            return False
        accepted += batch.accepted
    return accepted == records


def records_of(body: bytes) -> list[bytes]:
    """The text of each record of a body, valid or not. Takes the same bodies as ``read_call``. Raises BadCall."""
    return [bytes(piece) for piece in _pieces.decode(b"[" + _records_in(body) + b"]")]


def _records_in(body: bytes) -> memoryview:
    """The text of the records, as the inside of a JSON list. Raises BadCall."""
    body = body.removeprefix(_BOM)
    if body.startswith(RECORD_SEPARATOR):
        body = b" " + body[1:]
    start = len(body) - len(body.lstrip(BLANKS))
    try:
        if body[start : start + 1] == b"[":
            return _inside(memoryview(_raw.decode(body)))
        listed = _without_blanks(memoryview(_body.decode(body).data))
    except msgspec.DecodeError as error:  # also if there is no list called data
        return _without_list(body, start, error)
    except RecursionError:
        raise BadCall(_TOO_DEEP) from None
    if listed[0] != _OPENING:
        raise BadCall('"data" must be a list of records.')
    _require_keys_once(body)
    return _inside(listed)


def _inside(listed: memoryview) -> memoryview:
    return _without_blanks(_without_blanks(listed)[1:-1])


def _without_list(body: bytes, start: int, error: msgspec.DecodeError) -> memoryview:
    """The records of a body that is a single record or has one per line.

    Raises BadCall for any other body; ``error`` is what the decoder said of it.
    """
    found = _lines(body, start)
    if found is None:
        reason = _reason(memoryview(body)) if isinstance(error, msgspec.ValidationError) else str(error)
        raise BadCall(_SHAPE if reason is None else _malformed(body, reason))
    if len(found) > 1 or any(key == "type" for key, _, _ in members(body, memoryview(body), start, len(body))):
        return memoryview(b",".join(found))
    raise BadCall(_SHAPE)


def _lines(body: bytes, start: int) -> list[memoryview] | None:
    """The objects of a body that has one per line; None if it isn't such a body.

    Raises BadCall if an object after the first isn't valid JSON.
    """
    view, place = memoryview(body), start
    found: list[memoryview] = []
    while place < len(body) and body[place] == _BRACE:
        end = value_end(view, place, len(body)).place
        if end is None and found:
            raise BadCall(_malformed(body, _reason(view[place:]) or "", place))
        if end is None or (not found and head_of(body, view, place, end) is not None):
            return None
        found.append(view[place:end])
        place = _NEXT_LINE.match(body, end).end()  # type: ignore[union-attr]  # it matches nothing, too
        if place == end and end < len(body):
            return None
    return found if found and place == len(body) else None


def _require_keys_once(body: bytes) -> None:
    """Raise BadCall if the object has a duplicate key: it's unknown which of the two was meant."""
    keys: set[str | None] = set()
    for key, place, _ in members(body, memoryview(body), body.index(b"{"), len(body)):
        if key in keys:
            raise BadCall(f"The key {str(key)[:80]!r} is in the body twice, again at {_place(body, place)}.")
        keys.add(key)


def _place(body: bytes, place: int) -> str:
    before = body[:place]
    line, column = before.count(b"\n") + 1, place - before.rfind(b"\n")
    return f"byte {place} (line {line}, column {column})"


def _without_blanks(text: memoryview) -> memoryview:
    """The text without surrounding whitespace. It isn't copied, because a call can be large."""
    start, end = 0, len(text)
    while start < end and text[start] in BLANKS:
        start += 1
    while start < end and text[end - 1] in BLANKS:
        end -= 1
    return text[start:end]


def _reason(text: memoryview) -> str | None:
    """Why a text isn't valid JSON; None if it is. Raises BadCall if it's nested too deeply to tell."""
    try:
        _raw.decode(text)
    except msgspec.DecodeError as error:
        return str(error)
    except RecursionError:
        raise BadCall(_TOO_DEEP) from None
    return None


def _malformed(body: bytes, reason: str, start: int = 0) -> str:
    """The decoder's error for the body from ``start`` on, as a sentence with line and column."""
    if not body.strip(BLANKS):
        return "The body is empty."
    found = _BYTE.search(reason)
    if found is None:  # the only error without a position
        halved = rb"\u" in body and body.rstrip(BLANKS).endswith(b"}")
        what = r"it has one half of a surrogate pair (\u…)" if halved else "it ends too early"
        return f"The body is not valid JSON: {what}."
    place = start + int(found[1])
    what = _BYTE.sub("", reason).removeprefix("JSON is malformed: ")
    return f"The body is not valid JSON: {what} at {_place(body, place)}."
