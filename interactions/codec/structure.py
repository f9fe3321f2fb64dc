"""Where records begin and end in a JSON list, found from the bytes alone.

Two ways to the same answer. ``scan`` follows strings and brackets through
the text, exactly, whatever the text is; it runs where something is wrong.
``next_record`` guesses: it looks for a place that reads like the seam between
two records. A guess is proved by what is cut with it: a run of bytes that
starts at a record's first byte and decodes as a list of whole records ends
between two records, so the next run starts at a record's first byte again.
A wrong guess cannot decode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
import numpy as np

from interactions import schema

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_SEAM = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")
_QUOTE, _BACKSLASH = ord('"'), b"\\"
_OPENERS = np.zeros(256, np.int8)
_OPENERS[[ord("{"), ord("[")]] = 1
_OPENERS[[ord("}"), ord("]")]] = -1


@dataclass(frozen=True, slots=True)
class Scan:
    """What a stretch of text holds: records as ``(start, end)``, and where the list was closed, if it was.

    ``rest`` is where the first record begins that does not end here; the text's length where there is none.
    """

    bounds: list[tuple[int, int]]
    rest: int
    closed: int | None


def scan(text: bytes) -> Scan:
    """The bracketed values of a list, from a place between two of them."""
    depths, places = _brackets(text)
    ends = np.flatnonzero(depths <= 0)
    closed = None
    negative = np.flatnonzero(depths < 0)
    if len(negative):
        closed = int(places[negative[0]])
        ends = ends[ends < negative[0]]
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    bounds = list(zip(places[starts].tolist(), (places[ends] + 1).tolist(), strict=True))
    if closed is not None:
        return Scan(bounds, len(text), closed)
    after = int(ends[-1]) + 1 if len(ends) else 0
    rest = int(places[after]) if after < len(places) else len(text)
    return Scan(bounds, rest, None)


def _brackets(text: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The depth after each bracket that stands outside strings, and where it stands."""
    if _BACKSLASH in text:
        text = _ESCAPE.sub(b"__", text)
    codes = np.frombuffer(text, np.uint8)
    within = np.bitwise_xor.accumulate((codes == _QUOTE).view(np.uint8)).view(bool)
    steps = _OPENERS[codes]
    steps[within] = 0
    places = np.flatnonzero(steps)
    return np.cumsum(steps[places], dtype=np.int64), places


def next_record(text: bytes) -> int | None:
    """Where a record seems to begin, after a seam; None where nothing reads like it."""
    look = _Look(text)
    for seam in _SEAM.finditer(text):
        if look.at(seam.end()):
            return seam.end()
        if look.is_over:
            break
    return None


def last_record(text: bytes) -> int | None:
    """Where the last record of ``text`` seems to begin whose end is still within it."""
    look = _Look(text)
    ceiling, reach = len(text), 1 << 14
    while True:
        floor = max(0, len(text) - reach)
        places = [seam.end() for seam in _SEAM.finditer(text, floor) if seam.end() < ceiling]
        for place in reversed(places):
            if look.at(place):
                return place
            if look.is_over:
                return None
        if floor == 0:
            return None
        ceiling = places[0] if places else ceiling
        reach *= 8


class _Look:
    """Looks for a record in a text, and tires: where many things read like a seam, exact reading is cheaper."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._tries, self._bytes = 200, 8 << 20

    @property
    def is_over(self) -> bool:
        return self._tries <= 0 or self._bytes <= 0

    def at(self, place: int) -> bool:
        """Whether an object with an interaction type begins here. Objects within a record hardly ever have one."""
        self._tries -= 1
        reach = 1 << 12
        while True:
            piece = self._text[place : place + reach]
            self._bytes -= len(piece)
            bounds = scan(piece).bounds
            if bounds:
                return _is_record(piece[: bounds[0][1]])
            if len(piece) < reach:
                return False
            reach *= 8


def _is_record(text: bytes) -> bool:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("type") in schema.TYPES


class Tracker:
    """Follows a text that comes in pieces, however long it is, from a place outside any string."""

    def __init__(self) -> None:
        self._depth = 0
        self._within = False
        self._held = b""  # a backslash at a piece's end, which belongs to the byte that follows

    def value_end(self, piece: bytes) -> int | None:
        """Take the next piece; answers how many of its bytes belong to the first bracketed value once that ends."""
        before = len(self._held)
        depths, places = self._follow(piece)
        ended = np.flatnonzero(depths <= 0)
        return int(places[ended[0]]) + 1 - before if len(ended) else None

    def bracket(self, piece: bytes) -> int | None:
        """Take the next piece; answers where in it the first bracket stands."""
        before = len(self._held)
        _, places = self._follow(piece)
        return int(places[0]) - before if len(places) else None

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
