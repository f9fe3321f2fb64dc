"""Where a run of a stream may begin, found from the bytes around a place alone.

``next_record`` guesses: it looks for a place that reads like the seam between two records, and ``inside_at`` says what
would be open there. A guess is proved by what is cut with it: a run of bytes that begins at a record's first byte, and
is found to end between two records with the same open, is cut at the first byte of a record again.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import msgspec
import numpy as np

from interactions.codec import syntax
from interactions.codec.windows import Open
from interactions.contract import schema

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_SEAM = re.compile(rb"[}\]](?:[ \t\r\n,]++|\xef\xbb\xbf)*+(?=[{\[])")
_LINE_SEAM = re.compile(rb"[\r\n](?:\xef\xbb\xbf)?(?=\{)")
_QUOTE, _BACKSLASH = ord('"'), b"\\"
_OPENERS = np.zeros(256, np.int8)
_OPENERS[[ord("{"), ord("[")]] = 1
_OPENERS[[ord("}"), ord("]")]] = -1
_BEFORE = 4096  # bytes of blanks and commas that are looked through


def inside_at(file: BinaryIO, place: int, inside: Open) -> Open:
    """What seems to be open at ``place``, where a record begins: as at the file's first, if a comma stands before it or
    a bracket, else nothing."""
    if not inside or place == 0:
        return ()
    file.seek(max(0, place - _BEFORE))
    before = file.read(min(place, _BEFORE))
    last = before.rstrip(b" \t\r\n,\xef\xbb\xbf")
    return inside if b"," in before[len(last) :] or last.endswith(b"[") else ()


def next_record(text: bytes, *, by_line: bool = False) -> int | None:
    """Where a record, or what has records in it, seems to begin after a seam; None where nothing reads like it.

    ``by_line``: wherever an object begins on a line of its own.
    """
    if by_line and (found := _LINE_SEAM.search(text)):
        return found.end()
    look = _Look(text)
    for seam in _SEAM.finditer(text):
        if look.at(seam.end()):
            return seam.end()
        if look.is_over:
            break
    return None


class _Look:
    """Looks for a record in a text, and tires: where many things read like a seam, exact reading is cheaper."""

    def __init__(self, text: bytes) -> None:
        self._text, self._view = text, memoryview(text)
        self._tries, self._bytes = 200, 8 << 20

    @property
    def is_over(self) -> bool:
        return self._tries <= 0 or self._bytes <= 0

    def at(self, place: int) -> bool:
        """Whether an object with an interaction type begins here. Objects within a record hardly ever have one."""
        self._tries -= 1
        head = syntax.HEAD.match(self._text, place)
        place = place if head is None else head.end()
        end = syntax.value_end(self._view, place, len(self._text)).place
        self._bytes -= (end or len(self._text)) - place
        return end is not None and _is_record(self._text[place:end])


def _is_record(text: bytes) -> bool:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("type") in schema.TYPES


class Tracker:
    """Follows a text that comes in pieces, however long it is, from a place outside any string."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth  # of what is open
        self._within = False
        self._held = b""  # a backslash at a piece's end, which belongs to the byte that follows

    def value_end(self, piece: bytes) -> int | None:
        """Take the next piece; answers how many of its bytes belong to the first bracketed value once that ends."""
        before = len(self._held)
        depths, places = self._follow(piece)
        ended = np.flatnonzero(depths <= 0)
        return int(places[ended[0]]) + 1 - before if len(ended) else None

    def _follow(self, piece: bytes) -> tuple[np.ndarray, np.ndarray]:
        text = self._held + piece
        kept = len(text) - len(text.rstrip(_BACKSLASH))
        whole = len(text) - kept % 2
        self._held = text[whole:]
        codes = np.frombuffer(_ESCAPE.sub(b"__", text[:whole]), np.uint8)
        within = np.bitwise_xor.accumulate((codes == _QUOTE).view(np.uint8)).view(bool) ^ self._within
        steps = _OPENERS[codes]
        steps[within] = 0
        places = np.flatnonzero(steps)
        depths = np.cumsum(steps[places], dtype=np.int64) + self._depth
        if len(within):
            self._within = bool(within[-1])
        if len(depths):
            self._depth = int(depths[-1])
        return depths, places
