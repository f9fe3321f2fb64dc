"""A stream of bytes with lookahead, which every layer of unpacking reads from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Literal, Protocol

from interactions.errors import FileRefused

CHUNK = 256 << 10  # bytes read at once
_STEP = 256  # bytes that a piece counts in addition to its own, because many empty pieces take time, too

Pieces = Iterator[bytes]


class Readable(Protocol):
    """A readable binary file."""

    def read(self, size: int, /) -> bytes | None: ...


class Openable(Protocol):
    """A file that can be opened, as a path can."""

    def open(self, mode: Literal["rb"], /) -> BinaryIO: ...


class DamagedFile(FileRefused):
    """The file can't be unpacked."""

    def __init__(self) -> None:
        super().__init__(DAMAGED)


class CutShort(DamagedFile):
    """The file ends too early."""


class UnpacksTooFar(FileRefused):
    """Unpacking makes more bytes than allowed."""


DAMAGED = "The file is compressed, but can't be unpacked: it's damaged or incomplete."


class ByteStream:
    """Bytes read from front to back; each is held once, however small the steps are."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""
        self._at = 0
        self._before = 0

    @property
    def taken(self) -> int:
        """The number of bytes taken so far."""
        return self._before + self._at

    def peek(self, size: int) -> bytes:
        """The next ``size`` bytes without taking them, fewer only at the end."""
        if len(self._held) - self._at < size:
            held = [self._held[self._at :]]
            length = len(held[0])
            while length < size and (piece := next(self._pieces, None)) is not None:
                held.append(piece)
                length += len(piece)
            self._before += self._at
            self._held, self._at = b"".join(held), 0
        return self._held[self._at : self._at + size]

    def take(self, most: int = CHUNK) -> bytes:
        """At least one byte and at most ``most``; none at the end."""
        while self._at == len(self._held):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._before += self._at
            self._held, self._at = piece, 0
        taken = self._held if not self._at and len(self._held) <= most else self._held[self._at : self._at + most]
        self._at += len(taken)
        return taken

    def give_back(self, size: int) -> None:
        """Put back the last ``size`` bytes taken."""
        self._at -= size

    def exactly(self, size: int) -> bytes:
        """Take the next ``size`` bytes. Raises CutShort if there are fewer."""
        found = self.peek(size)
        if len(found) < size:
            raise CutShort
        self._at += size
        return found

    def skip(self, size: int) -> None:
        """Skip ``size`` bytes. Raises CutShort if there are fewer."""
        for _ in self.limited(size):
            pass

    def limited(self, size: int) -> Pieces:
        """Take the next ``size`` bytes in pieces. Raises CutShort if there are fewer."""
        while size:
            piece = self.take(min(size, CHUNK))
            if not piece:
                raise CutShort
            size -= len(piece)
            yield piece

    def skip_zeros(self) -> None:
        """Skip zero bytes, which are padding."""
        while self.peek(1) == b"\x00":
            piece = self.take()
            rest = piece.lstrip(b"\x00")
            if rest:
                self.give_back(len(rest))


class Meter:
    """Limits the output of each layer to ``most`` bytes; ``look`` is called regularly and may raise."""

    def __init__(self, most: int, sentence: str, look: Callable[[], None] | None = None) -> None:
        self._most, self._sentence, self._look = most, sentence, look

    def counted(self, pieces: Pieces) -> Pieces:
        """The pieces of one layer. Raises UnpacksTooFar, with the sentence, if they exceed the limit."""
        made = 0
        for piece in pieces:
            made += len(piece) + _STEP
            if made > self._most:
                raise UnpacksTooFar(self._sentence)
            if self._look is not None:
                self._look()
            yield piece
