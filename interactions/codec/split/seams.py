"""Where a run of a stream may begin, found from the bytes around a place alone.

``next_record`` guesses: it looks for a place that reads like the seam between two records, and ``inside_at`` says what
would be open there. A guess is proved by what is cut with it: a run of bytes that begins at a record's first byte, and
is found to end between two records with the same open, is cut at the first byte of a record again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec

from interactions.codec.split import syntax
from interactions.codec.split.windows import Open
from interactions.contract import schema

_SEAM = re.compile(rb"[}\]](?:[ \t\r\n,\x1e]++|\xef\xbb\xbf)*+(?=[{\[])")
_LINE_SEAM = re.compile(rb"(?:[\r\n]\x1e?|\x1e)(?:\xef\xbb\xbf)?(?=\{)")
_BEFORE = 4096  # bytes of blanks and commas that are looked through


def inside_at(file: BinaryIO, place: int, inside: Open) -> Open:
    """What seems to be open at ``place``, where a record begins: as at the file's first, if a comma stands before it or
    a bracket, else nothing."""
    if not inside or place == 0:
        return ()
    file.seek(max(0, place - _BEFORE))
    before = file.read(min(place, _BEFORE))
    last = before.rstrip(b" \t\r\n,\x1e\xef\xbb\xbf")
    return inside if b"," in before[len(last) :] or last.endswith(b"[") else ()


def next_record(
    text: bytes, *, by_line: bool = False, is_record: Callable[[dict[str, Any]], bool] | None = None
) -> int | None:
    """Where a record, or what has records in it, seems to begin after a seam; None where nothing reads like it.

    ``by_line``: wherever an object begins on a line of its own. ``is_record`` tells an object that is one, where that
    isn't an interaction.
    """
    if by_line and (found := _LINE_SEAM.search(text)):
        return found.end()
    look = _Look(text, is_record or _has_type)
    for seam in _SEAM.finditer(text):
        if look.at(seam.end()):
            return seam.end()
        if look.is_over:
            break
    return None


class _Look:
    """Looks for a record in a text, and tires: where many things read like a seam, exact reading is cheaper."""

    def __init__(self, text: bytes, is_record: Callable[[dict[str, Any]], bool]) -> None:
        self._text, self._view, self._is_record = text, memoryview(text), is_record
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
        return end is not None and self._holds(self._text[place:end])

    def _holds(self, text: bytes) -> bool:
        try:
            found = msgspec.json.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        return isinstance(found, dict) and self._is_record(found)


def _has_type(found: dict[str, Any]) -> bool:
    return found.get("type") in schema.TYPES
