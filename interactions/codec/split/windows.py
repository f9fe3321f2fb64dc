"""A run of a file, read window by window, in constant memory whatever the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

WINDOW_BYTES = 2 << 20  # half as much costs a tenth more: each table costs a hundred steps in Python
MOST_PIECES = 10_000  # told apart at once: it bounds the problems that are held in memory
SHOWN_BYTES = 1000  # of a piece that is too large to be kept

#: What is open at a place between two records, outermost first: None for a list, the keys so far for an object
#: whose records are in its ``data``.
Open = tuple[frozenset[str] | None, ...]


class Format(StrEnum):
    """What a file is, in the words of people: reading is the same for all."""

    LINES = "lines"  # one record a line
    ARRAY = "array"  # one list of records
    OBJECT = "object"  # one object with a list called data
    OBJECTS = "objects"  # records one after another
    LISTS = "lists"
    BODIES = "bodies"  # objects with a list called data
    MIX = "mix"


class Unsound(Exception):
    """A run does not end between two records: it was cut in the wrong place, or the file is broken."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes ``[start, end)`` of a file of ``length`` bytes, from the file's beginning or the first byte of a record to
    that of another, or to the file's end. Where it is not the file's last, its end may be a guess.

    ``inside`` is what is open where the file's first record begins.
    """

    start: int
    end: int
    length: int
    inside: Open = ()

    @property
    def is_last(self) -> bool:
        return self.end >= self.length


@dataclass(frozen=True, slots=True)
class Piece:
    """What should be one record: its place in a window, and what is wrong with it where that is known already.

    ``is_damaged``: it is no valid JSON.
    """

    start: int
    end: int
    rule: str | None = None
    value: str = ""
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Text at ``offset`` in the file, for which ``size`` bytes were read, and the pieces in it."""

    text: bytes
    offset: int
    size: int
    pieces: list[Piece]


class TextBuffer:
    """The bytes read of a run and not given out yet: ``held``, at offset ``place`` of the file."""

    def __init__(self, file: BinaryIO, run: ByteRange, longest: int) -> None:
        file.seek(run.start)
        self._file, self._run, self._longest = file, run, longest
        self._at = self._place = run.start
        self._held = b""
        self._too_large = f"It is larger than {_size(longest)}, or its quotes and brackets do not match."

    @property
    def offset(self) -> int:
        """Where in the file the next window begins."""
        return self._place

    @property
    def _all_read(self) -> bool:
        return self._at >= self._run.end

    def _fill(self, size: int) -> None:
        """Hold ``size`` bytes, or all that are left."""
        wanted = min(size - len(self._held), self._run.end - self._at)
        if wanted > 0:
            more = self._file.read(wanted)
            self._at = self._at + len(more) if len(more) == wanted else self._run.end
            self._held += more

    def _chunks(self) -> Iterator[tuple[int, bytes]]:
        """What is held, then the run to its end, each with its offset; what is read is not kept."""
        yield self._place, self._held
        while not self._all_read:
            offset = self._at
            chunk = self._file.read(min(WINDOW_BYTES, self._run.end - offset))
            self._at = offset + len(chunk) if chunk else self._run.end
            yield offset, chunk

    def _take(self, size: int, pieces: list[Piece]) -> Window:
        window = Window(self._held[:size], self._place, size, pieces)
        self._drop(size)
        return window

    def _drop(self, size: int) -> None:
        self._place += size
        self._held = self._held[size:]

    def _pass_over(self, rule: str, end: int, left: bytes) -> Window:
        """Give out all up to the offset ``end`` as one piece at fault; ``left`` was read of what follows."""
        shown = self._held[:SHOWN_BYTES]
        piece = Piece(0, len(shown), rule, _range(self._place, end))
        window = Window(shown, self._place, end - self._place, [piece])
        self._place, self._held = end, left
        return window

    def _piece(self, start: int, end: int, *, is_damaged: bool = False) -> Piece:
        if end - start <= self._longest:
            return Piece(start, end, is_damaged=is_damaged)
        named = _range(self._place + start, self._place + end)
        return Piece(start, min(end, start + SHOWN_BYTES), self._too_large, named)


def _size(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size} bytes"


def _range(start: int, end: int) -> str:
    return f"bytes {start} to {end} of the file"
