"""Cut a run of a file into windows of whole records, in constant memory whatever the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Protocol

WINDOW_BYTES = 1 << 20
MOST_PIECES = 10_000  # told apart at once: it bounds the problems that are held in memory
BLANK = b" \t\r\n"
SHOWN_BYTES = 1000  # of a piece that is too large to be kept


class Format(StrEnum):
    """How records stand in a file: in a list, in the ``data`` list of an object, or one a line."""

    ARRAY = "array"
    OBJECT = "object"
    LINES = "lines"


class Unsound(Exception):
    """A run does not end between two records: it was cut in the wrong place, or the file is broken."""


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes ``[start, end)`` of a file of ``length`` bytes, from the first byte of a record to that of another,
    or to the file's end. Where it is not the file's last, its end may be a guess."""

    start: int
    end: int
    length: int
    format: Format

    @property
    def is_last(self) -> bool:
        return self.end >= self.length


@dataclass(frozen=True, slots=True)
class Piece:
    """What should be one record: its place in a window, and what is wrong with it where that is known already."""

    start: int
    end: int
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Text at ``offset`` in the file, for which ``size`` bytes were read.

    ``pieces`` None: it should hold whole records, to be read in one go; where that fails, ``follow`` has it again
    with the pieces told apart. How a file falls into windows changes nothing in what is found in it.
    """

    text: bytes
    offset: int
    size: int
    pieces: list[Piece] | None = None


class Windows(Protocol):
    """Gives out a run's windows. Raises Unsound where a run that is not the file's last ends within a record."""

    def next(self) -> Window | None:
        """The next window, None at the end of the run."""

    def follow(self) -> Window:
        """The window just given, read exactly; what of it this leaves is given again."""


class Text:
    """The bytes read of a run and not given out yet: ``held``, at offset ``place`` of the file.

    A record of more than ``longest`` bytes is passed over and told as a problem.
    """

    def __init__(self, file: BinaryIO, run: Run, longest: int) -> None:
        file.seek(run.start)
        self._file, self._run, self._longest = file, run, longest
        self._at = self._place = run.start
        self._held = self._given = b""
        self._too_large = f"It is larger than {_size(longest)}, or its quotes and brackets do not match."

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

    def _take(self, size: int, pieces: list[Piece] | None = None) -> Window:
        self._given = self._held[:size]
        window = Window(self._given, self._place, size, pieces)
        self._place += size
        self._held = self._held[size:]
        return window

    def _give_back(self) -> bytes:
        """Go back to before the window just given; answers its text as it stands in the file."""
        self._held = self._given + self._held
        self._place -= len(self._given)
        return self._given

    def _pass_over(self, rule: str, end: int, left: bytes) -> Window:
        """Give out all up to the offset ``end`` as one piece at fault; ``left`` was read of what follows."""
        shown = self._held[:SHOWN_BYTES]
        window = Window(shown, self._place, end - self._place, [Piece(0, len(shown), rule)])
        self._place, self._held = end, left
        return window

    def _piece(self, start: int, end: int) -> Piece:
        if end - start <= self._longest:
            return Piece(start, end)
        return Piece(start, min(end, start + SHOWN_BYTES), self._too_large)


def _size(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size} bytes"
