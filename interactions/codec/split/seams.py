"""Find where a block can begin, from the bytes around a place alone.

``next_record`` guesses: it looks for something that reads like the seam between two records, and ``inside_at`` says
which lists and objects would be open there. Reading verifies the guess: if a block that begins at a record turns out
to end between two records, with the same lists and objects open, then the next block also begins at a record.
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
_BEFORE = 4096  # bytes of separators to look back over


def inside_at(file: BinaryIO, place: int, inside: Open) -> Open:
    """What seems to be open where a record begins at ``place``: the same as at the file's first record if a comma or
    opening bracket precedes it, else nothing."""
    if not inside or place == 0:
        return ()
    file.seek(max(0, place - _BEFORE))
    before = file.read(min(place, _BEFORE))
    last = before.rstrip(b" \t\r\n,\x1e\xef\xbb\xbf")
    return inside if b"," in before[len(last) :] or last.endswith(b"[") else ()


def next_record(
    text: bytes, *, by_line: bool = False, is_record: Callable[[dict[str, Any]], bool] | None = None
) -> int | None:
    """Where a record, or a document that contains records, seems to begin after a seam; None if there is none.

    With ``by_line``, any object at the start of a line counts. ``is_record`` tells whether an object is a record, for
    records that aren't interactions.
    """
    if by_line and (found := _LINE_SEAM.search(text)):
        return found.end()
    finder = _RecordFinder(text, is_record or _has_type)
    for seam in _SEAM.finditer(text):
        if finder.at(seam.end()):
            return seam.end()
        if finder.is_over:
            break
    return None


class _RecordFinder:
    """Looks for a record in a text, up to a limit: if too many places read like a seam, exact reading is cheaper."""

    def __init__(self, text: bytes, is_record: Callable[[dict[str, Any]], bool]) -> None:
        self._text, self._view, self._is_record = text, memoryview(text), is_record
        self._tries, self._bytes = 200, 8 << 20

    @property
    def is_over(self) -> bool:
        return self._tries <= 0 or self._bytes <= 0

    def at(self, place: int) -> bool:
        """Whether an object with an interaction type begins here. Nested objects hardly ever have one."""
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
