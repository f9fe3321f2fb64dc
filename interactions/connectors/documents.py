"""Split a stream of JSON documents, in any layout, and decode them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec

from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import check_bytes, refused
from interactions.codec.split.documents import Documents
from interactions.codec.split.windows import MOST_PIECES, ByteRange, Window

_OPENING = re.compile(rb'[ \t\r\n,]*+(\{\s*+"[^"\\]{1,64}+")')
_CACHED_BYTES = 32 << 10
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


@dataclass(slots=True)
class Decoded:
    """The decoded documents in ``size`` bytes, and Rejected for invalid ones.

    ``places()`` returns the byte offset in the file and the text of each document. It takes as long as decoding.
    """

    size: int
    documents: list[Any | Rejected] = field(default_factory=list)
    places: Callable[[], list[tuple[int, bytes]]] = list


def documents(file: BinaryIO, run: ByteRange, longest: int) -> Iterator[Decoded]:
    """Decode the documents in a byte range, some at a time, in constant memory.

    Lists, and lists called ``data`` in an object, are flattened. Anything that isn't valid JSON or isn't an object, or
    is longer than ``longest`` bytes, is Rejected, with the index of the document. Raises Unsound like the reader.
    """
    source = Documents(file, run, longest)
    window: Window | None = source.lead()
    number = 0
    while window is not None:
        decoded = _apart(window, number)
        if decoded.size or decoded.documents:
            number += len(decoded.documents)
            yield decoded
        size = 0
        for taken in _taken(source.text(), source.offset):
            size += taken.size
            number += len(taken.documents)
            yield taken
        if size:
            source.skip(size)
        window = source.next(MOST_PIECES, waits=size > 0)


def _taken(text: bytes, offset: int) -> Iterator[Decoded]:
    """Decode documents at the beginning of a text in batches, as long as possible. The batches are small enough for the
    CPU cache."""
    place = 0
    while True:
        piece = text[place : place + _CACHED_BYTES]
        taken = _lines(piece, offset + place) or _listed(piece, offset + place)
        if taken is None and place + _CACHED_BYTES < len(text):  # a single document is larger
            rest = text[place:]
            taken = _lines(rest, offset + place) or _listed(rest, offset + place)
        if taken is None:
            return
        place += taken.size
        yield taken


def _lines(text: bytes, offset: int) -> Decoded | None:
    """Decode the complete lines of a text at once; None unless each is a plain object."""
    size = text.rfind(b"\n") + 1
    try:
        found = _decoder.decode_lines(memoryview(text)[:size]) if size else []
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not found or not _are_plain(found):
        return None
    return Decoded(size, found, lambda: _places_of_lines(text[:size], offset))


def _listed(text: bytes, offset: int) -> Decoded | None:
    """Decode comma-separated objects at once, up to the last one that begins with the first one's key.

    If that turns out to be a nested object, the text before it isn't valid JSON, and None is returned.
    """
    opening = _OPENING.match(text)
    end = text.rfind(opening[1]) if opening is not None else -1
    if opening is None or end <= opening.start(1):
        return None
    inner = text[opening.start(1) : end].rstrip()
    if not inner.endswith(b","):
        return None
    listed = b"[" + inner[:-1] + b"]"
    try:
        found = _decoder.decode(listed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return (
        Decoded(end, found, lambda: _places_in_list(listed, offset + opening.start(1) - 1))
        if _are_plain(found)
        else None
    )


def _are_plain(found: list[Any]) -> bool:
    """Whether all are objects without a list called data, which would have to be flattened."""
    return all(type(each) is dict and type(each.get("data")) is not list for each in found)


def _places_in_list(listed: bytes, offset: int) -> list[tuple[int, bytes]]:
    places: list[tuple[int, bytes]] = []
    at = 0
    for raw in msgspec.json.decode(listed, type=list[msgspec.Raw]):
        text = bytes(raw)
        at = listed.index(text, at)
        places.append((offset + at, text))
        at += len(text)
    return places


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
