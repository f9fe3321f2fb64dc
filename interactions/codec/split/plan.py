"""Cut a file into blocks of whole records without reading it: a look at each place where a block should end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from interactions.codec.source import Shape
from interactions.codec.split.seams import next_record
from interactions.codec.split.windows import Format

_LOOK_BYTES = 64 << 10
_BY_LINE = (Format.LINES, Format.BODIES)
_FARTHEST = 32 << 20  # held at most; without a seam by then, the block is made longer


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
    """``(start, end)`` byte offsets of blocks of about ``size`` bytes that together cover the text.

    Towards the end they are less: one of ``share`` equal parts of what is left, but not below ``smallest``, so that all
    who read them are done at about the same time.

    Seams are guesses, which reading proves: see ``seams``. There is at least one block. ``is_record`` tells an object
    that is a record, where these aren't interactions.
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
    """The offset at ``target`` or a little after where a record begins; None where none is found."""
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
