"""Bytes that come in pieces, with a look ahead: what every layer of unpacking reads from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from interactions.errors import FileRefused

CHUNK = 256 << 10  # bytes that are asked for at once
_STEP = 256  # bytes that a piece costs besides its own: thousands of empty ones are work, too

Pieces = Iterator[bytes]


class Readable(Protocol):
    """What a text is read from."""

    def read(self, size: int, /) -> bytes | None: ...


class Damaged(FileRefused):
    """What is packed cannot be unpacked."""

    def __init__(self) -> None:
        super().__init__(DAMAGED)


class CutShort(Damaged):
    """It ends too early."""


class TooMuch(FileRefused):
    """Unpacking makes more bytes than were allowed."""


DAMAGED = "The file is packed, but cannot be unpacked: it is damaged or cut short."


class Stream:
    """Bytes, read from front to back. Each byte is held once, however small the steps are."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""
        self._at = 0
        self._before = 0

    @property
    def taken(self) -> int:
        """How many bytes were taken so far."""
        return self._before + self._at

    def peek(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer only at the end; they are given again."""
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
        """Have the last ``size`` bytes of what was just taken again."""
        self._at -= size

    def exactly(self, size: int) -> bytes:
        """The next ``size`` bytes. Raises CutShort where there are fewer."""
        found = self.peek(size)
        if len(found) < size:
            raise CutShort
        self._at += size
        return found

    def skip(self, size: int) -> None:
        """Pass over ``size`` bytes. Raises CutShort where there are fewer."""
        for _ in self.limited(size):
            pass

    def limited(self, size: int) -> Pieces:
        """The next ``size`` bytes, piece by piece. Raises CutShort where there are fewer."""
        while size:
            piece = self.take(min(size, CHUNK))
            if not piece:
                raise CutShort
            size -= len(piece)
            yield piece

    def skip_zeros(self) -> None:
        """Pass over bytes of zero, with which tapes and disks fill up."""
        while self.peek(1) == b"\x00":
            piece = self.take()
            rest = piece.lstrip(b"\x00")
            if rest:
                self.give_back(len(rest))


class Meter:
    """Bounds what each layer may make to ``most`` bytes; ``look`` is called every so often, and may raise."""

    def __init__(self, most: int, sentence: str, look: Callable[[], None] | None = None) -> None:
        self._most, self._sentence, self._look = most, sentence, look

    def counted(self, pieces: Pieces) -> Pieces:
        """The pieces of one layer. Raises TooMuch, with the sentence, where they are more than allowed."""
        made = 0
        for piece in pieces:
            made += len(piece) + _STEP
            if made > self._most:
                raise TooMuch(self._sentence)
            if self._look is not None:
                self._look()
            yield piece
