"""Find where a block can begin, from the bytes around a place alone.

``next_record`` guesses: it looks for something that reads like the seam between two records, and ``inside_at`` says
which lists and objects would be open there. Reading verifies the guess: if a block that begins at a record turns out
to end between two records, with the same lists and objects open, then the next block also begins at a record.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from interactions.codec.split import syntax
from interactions.codec.split.windows import Open
from interactions.contract import schema

_SEAM = re.compile(rb"[}\]](?:[ \t\r\n,\x1e]++|\xef\xbb\xbf)*+(?=[{\[])")
_LINE_SEAM = re.compile(rb"(?:[\r\n]\x1e?|\x1e)(?:\xef\xbb\xbf)?(?=\{)")
_BEFORE = 4096  # bytes of separators to look back over
_MOST_TRIES, _MOST_BYTES = 200, 8 << 20  # if more places read like a seam, exact reading is cheaper


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
    view, bytes_left = memoryview(text), _MOST_BYTES
    for seam in islice(_SEAM.finditer(text), _MOST_TRIES):
        head = syntax.HEAD.match(text, seam.end())
        place = seam.end() if head is None else head.end()
        end = syntax.value_end(view, place, len(text)).place
        if end is not None and _is_record(text[place:end], is_record or _has_type):
            return seam.end()
        bytes_left -= (end or len(text)) - place
        if bytes_left <= 0:
            break
    return None


def _is_record(text: bytes, is_record: Callable[[dict[str, Any]], bool]) -> bool:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and is_record(found)


def _has_type(found: dict[str, Any]) -> bool:
    """Whether it has an interaction type. Nested objects hardly ever have one."""
    return found.get("type") in schema.TYPES
