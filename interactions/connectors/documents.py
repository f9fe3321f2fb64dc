"""JSON documents of any form, told apart and decoded, for those who read other forms than Dojo's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

import msgspec

from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import check_bytes, refused
from interactions.codec.split.documents import Documents
from interactions.codec.split.windows import MOST_PIECES, Run, Window

_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


@dataclass(slots=True)
class Decoded:
    """The documents of ``size`` bytes: what each one holds, or why it is none.

    ``places()`` finds each document's offset in the file and its text, which takes as long as telling them apart.
    """

    size: int
    documents: list[Any | Rejected] = field(default_factory=list)
    places: Callable[[], list[tuple[int, bytes]]] = list


def documents(file: BinaryIO, run: Run, longest: int) -> Iterator[Decoded]:
    """The documents of a run, about two megabytes of text at a time, in constant memory.

    Lists, and lists called ``data`` in an object, are gone into. What is no valid JSON, no object, or larger than
    ``longest`` bytes is Rejected, with the number of its document for an index. Raises Unsound as the reader does.
    """
    source = Documents(file, run, longest)
    window: Window | None = source.lead()
    number = 0
    while window is not None:
        decoded = _apart(window, number)
        if decoded.size or decoded.documents:
            number += len(decoded.documents)
            yield decoded
        offset = source.offset
        text = source.text()
        lines = _lines(text)
        if lines is not None:
            size = text.rfind(b"\n") + 1
            source.skip(size)
            number += len(lines)
            yield Decoded(size, lines, partial(_places_of_lines, text[:size], offset))
        window = source.next(MOST_PIECES, waits=lines is not None)


def _lines(text: bytes) -> list[Any] | None:
    """The whole lines of a text, decoded; None where they aren't each an object, without a list called data."""
    size = text.rfind(b"\n") + 1
    if not size:
        return None
    try:
        found = _decoder.decode_lines(memoryview(text)[:size])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    is_plain = all(type(each) is dict and type(each.get("data")) is not list for each in found)
    return found if is_plain else None


def _places_of_lines(text: bytes, offset: int) -> list[tuple[int, bytes]]:
    places = []
    for line in text.split(b"\n"):
        if line.strip():
            places.append((offset, line.rstrip()))
        offset += len(line) + 1
    return places


def _apart(window: Window, first: int) -> Decoded:
    texts = [window.text[piece.start : piece.end] for piece in window.pieces]
    found: list[Any | Rejected] = []
    for number, (piece, text) in enumerate(zip(window.pieces, texts, strict=True)):
        if piece.rule is None:
            try:
                found.append(_decoder.decode(text))
                continue
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                checked = check_bytes(text)
        else:
            checked = refused(piece.rule, piece.value)
        offset = window.offset + piece.start
        found.append(Rejected(first + number, offset, text, checked.violations, checked.more))
    offsets = [window.offset + piece.start for piece in window.pieces]
    return Decoded(window.size, found, lambda: list(zip(offsets, texts, strict=True)))
