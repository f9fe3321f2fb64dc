"""Records written by mongoexport, which wraps values that JSON doesn't have: ``{"$date": "2024-…"}``."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from interactions.unpack.stream import ByteStream, Pieces

if TYPE_CHECKING:
    import numpy as np

# All repetitions are bounded, so that a match is never longer than _REACH.
_B = rb"[ \t\r\n]{0,64}+"
_ID = rb"\{" + _B + rb'"\$oid"' + _B + rb":" + _B + rb'"(?P<id>[0-9a-fA-F]{24})"' + _B + rb"\}"
_LONG = rb"\{" + _B + rb'"\$numberLong"' + _B + rb":" + _B + rb'"(?P<milliseconds>-?[0-9]{1,17})"' + _B + rb"\}"
_WRAPPED = (
    rb"\{" + _B + rb'"\$(?P<kind>oid|date|numberLong|numberInt|numberDouble|numberDecimal)"' + _B + rb":" + _B
    + rb'(?:"(?P<text>[^"\\\x00-\x1f]{0,64})"|(?P<number>-?[0-9]{1,17})|' + _LONG + rb")" + _B + rb"\}"
)  # fmt: skip
_VALUE = re.compile(
    rb"(?P<inner>:" + _B + rb"\{" + _B + rb'"_id"' + _B + rb":" + _B + rb")?"
    rb'(?:(?<!:)(?P<own>"_id"' + _B + rb":" + _B + _ID + _B + rb"," + _B + rb")|" + _WRAPPED + rb")"
)
_REACH = 2048
_FIELDS = rb"_id|timestamp|revenue|duration|rating|quantities"
_BEGINNING = re.compile(rb'"(?:' + _FIELDS + rb')"' + _B + rb":" + _B + rb"(?:\[" + _B + rb")?" + _WRAPPED)
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_BACKSLASH = ord("\\")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_mongo(head: bytes) -> bool:
    return _BEGINNING.search(head) is not None


def unwrap(stream: ByteStream, left_out: Callable[[int], None]) -> Pieces:
    """The text with plain values, and without MongoDB's ``_id`` of each record; ``left_out`` is called with their
    number.

    An ``_id`` within a record is kept; the first one in the text shows the depth of records.
    """
    text = _Text()
    held = b""
    while piece := stream.take():
        held += piece
        made, end = text.plain(held, len(held) - _REACH)
        left_out(text.taken_ids())
        yield made
        held = held[end:]
    made, _ = text.plain(held, len(held))
    left_out(text.taken_ids())
    yield made


class _Text:
    def __init__(self) -> None:
        from interactions.unpack.depth import Depth  # lazily, because NumPy takes a moment to load

        self._depth = Depth()
        self._records_at: int | None = None
        self._ids = 0

    def taken_ids(self) -> int:
        """The number of ids left out since the last call."""
        ids, self._ids = self._ids, 0
        return ids

    def plain(self, text: bytes, until: int) -> tuple[bytes, int]:
        """``text`` with plain values up to ``until`` or the end of a value that crosses it; and that position."""
        made: list[bytes] = []
        place = 0
        depths = self._depth.of(text)
        for found in _VALUE.finditer(text):
            if found.start() >= until:
                break
            made += text[place : found.start()], self._own(found, depths) if found["own"] else _value(found)
            place = found.end()
        end = max(place, until, 0)
        while place < end < len(text) and text[end - 1] == _BACKSLASH:
            end -= 1
        made.append(text[place:end])
        self._depth.pass_over(text[:end], depths)
        return b"".join(made), end

    def _own(self, found: re.Match[bytes], depths: np.ndarray) -> bytes:
        depth = int(depths[found.start()])
        if self._records_at is None:
            self._records_at = depth
        if depth != self._records_at:
            return b'"_id":"%s",' % found["id"]
        self._ids += 1
        return b""


def _value(found: re.Match[bytes]) -> bytes:
    before = found["inner"] or b""
    milliseconds = found["number"] or found["milliseconds"]
    if found["kind"] == b"date" and milliseconds:
        try:
            moment = _EPOCH + timedelta(milliseconds=int(milliseconds))
        except OverflowError:
            return found[0]
        return before + b'"%s"' % moment.isoformat(timespec="milliseconds").encode()
    text = found["text"]
    if text is None:
        return found[0]
    if found["kind"] in (b"oid", b"date"):
        return before + b'"%s"' % text
    return before + text if _NUMBER.match(text) else found[0]
