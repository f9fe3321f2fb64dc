"""Read a byte range of a file window by window, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, NamedTuple

WINDOW_BYTES = 2 << 20  # 1 MB is 10% slower because of Python's overhead per table
MOST_PIECES = 10_000  # per window; it bounds the violations held in memory
SHOWN_BYTES = 1000  # how much is kept of a piece that is too large

#: The lists and objects open at a place between two records, outermost first: None for a list, the keys so far for an
#: object with a list called data.
Open = tuple[frozenset[str] | None, ...]


class Format(StrEnum):
    """The layout of a file, as shown to users. Reading doesn't depend on it."""

    LINES = "lines"  # one record per line
    ARRAY = "array"  # one list of records
    OBJECT = "object"  # one object with a list called data
    OBJECTS = "objects"  # records one after another
    LISTS = "lists"
    BODIES = "bodies"  # objects with a list called data
    MIX = "mix"


class Unsound(Exception):
    """A byte range doesn't end between two records: it was cut in the wrong place, or the file is damaged."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes ``[start, end)`` of a file of ``length`` bytes. It begins at the file's beginning or at a record, and ends
    at a record or at the file's end. Unless it's the file's last range, its end may be a guess.

    ``inside`` is what is open where the file's first record begins.
    """

    start: int
    end: int
    length: int
    inside: Open = ()

    @property
    def is_last(self) -> bool:
        return self.end >= self.length


class RecordPiece(NamedTuple):
    """What should be one record: its position in a window and, if already known, the ``rule`` that it breaks.

    ``is_damaged`` means that it isn't valid JSON.
    """

    start: int
    end: int
    rule: str | None = None
    value: str = ""
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Text at ``offset`` in the file, ``size`` bytes of which were consumed for it, and its pieces."""

    text: bytes
    offset: int
    size: int
    pieces: list[RecordPiece]


class TextBuffer:
    """The bytes of a byte range that have been read but not returned yet."""

    def __init__(self, file: BinaryIO, run: ByteRange, longest: int) -> None:
        file.seek(run.start)
        self._file, self._run, self._longest = file, run, longest
        self._at = self._place = run.start
        self._held = b""
        self._too_large = f"It is larger than {_size(longest)}, or its quotes and brackets do not match."

    @property
    def offset(self) -> int:
        """The file offset of the next window."""
        return self._place

    @property
    def _all_read(self) -> bool:
        return self._at >= self._run.end

    def _fill(self, size: int) -> None:
        """Read until the buffer has ``size`` bytes, or all that are left."""
        size = min(size, self._run.end - self._place)
        if size > len(self._held) and not self._all_read:
            # Reading the few bytes that are held again is faster than putting them before the others.
            self._file.seek(self._place)
            self._held = self._file.read(size)
            self._at = self._place + size if len(self._held) == size else self._run.end

    def _chunks(self) -> Iterator[tuple[int, bytes]]:
        """The buffer, then the rest of the range in chunks, each with its file offset. Nothing is kept."""
        yield self._place, self._held
        while not self._all_read:
            offset = self._at
            chunk = self._file.read(min(WINDOW_BYTES, self._run.end - offset))
            self._at = offset + len(chunk) if chunk else self._run.end
            yield offset, chunk

    def _take(self, size: int, pieces: list[RecordPiece]) -> Window:
        window = Window(self._held[:size], self._place, size, pieces)
        self._drop(size)
        return window

    def _drop(self, size: int) -> None:
        self._place += size
        self._held = self._held[size:]

    def _pass_over(self, rule: str, end: int, left: bytes) -> Window:
        """Return everything up to the offset ``end`` as one invalid piece; ``left`` was read after it."""
        shown = self._held[:SHOWN_BYTES]
        piece = RecordPiece(0, len(shown), rule, _range(self._place, end))
        window = Window(shown, self._place, end - self._place, [piece])
        self._place, self._held = end, left
        return window

    def _piece(self, start: int, end: int, *, is_damaged: bool = False) -> RecordPiece:
        if end - start <= self._longest:
            return RecordPiece(start, end, is_damaged=is_damaged)
        named = _range(self._place + start, self._place + end)
        return RecordPiece(start, min(end, start + SHOWN_BYTES), self._too_large, named)


def _size(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size} bytes"


def _range(start: int, end: int) -> str:
    return f"bytes {start} to {end} of the file"
