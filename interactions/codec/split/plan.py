"""Cut a file into blocks of whole records, reading only the bytes around each block's end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from interactions.codec.source import Shape
from interactions.codec.split.seams import next_record
from interactions.codec.split.windows import Format

_LOOK_BYTES = 64 << 10
_BY_LINE = (Format.LINES, Format.BODIES)
_FARTHEST = 32 << 20  # bytes held in memory at most; if there's no seam in them, the block grows


def blocks(
    file: BinaryIO,
    shape: Shape,
    length: int,
    *,
    size: int,
    smallest: int = 0,
    share: int = 1,
    is_record: Callable[[dict[str, Any]], bool] | None = None,
) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` byte offsets of blocks of about ``size`` bytes that cover the text. At least one.

    Blocks shrink towards the end to one of ``share`` equal parts of the rest, but not below ``smallest``, so that
    parallel readers finish at about the same time.

    The seams are guesses that are verified when blocks are read: see ``seams``. ``is_record`` tells whether an object
    is a record, for records that aren't interactions.
    """
    start = 0
    while True:
        target = start + max(smallest, min(size, (length - start) // share), 1)
        by_line = shape.format in _BY_LINE
        end = _seam(file, target, length, by_line=by_line, is_record=is_record) if target < length else None
        if end is None:
            yield start, length
            return
        yield start, end
        start = end


def _seam(
    file: BinaryIO, target: int, length: int, *, by_line: bool, is_record: Callable[[dict[str, Any]], bool] | None
) -> int | None:
    """The offset of the first record that begins at or after ``target``; None if none is found."""
    reach = _LOOK_BYTES
    while True:
        file.seek(target, os.SEEK_SET)
        text = file.read(reach)
        place = next_record(text, by_line=by_line, is_record=is_record)
        if place is not None:
            return target + place if target + place < length else None
        if target + reach >= length:
            return None
        if reach >= _FARTHEST:
            target, reach = target + reach, _LOOK_BYTES
        else:
            reach *= 8
