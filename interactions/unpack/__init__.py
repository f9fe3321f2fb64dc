"""The text of a file that may be packed, in an archive, or in another encoding, made as it is read.

``open_text`` is the door: it looks at the bytes and never at the name. Memory depends neither on the file nor on what
it unpacks to, and work grows with what is read and made.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from interactions.unpack import frames, layers
from interactions.unpack.stream import CHUNK, DAMAGED, CutShort, Damaged, Meter, Readable, Stream, TooMuch

if TYPE_CHECKING:
    from typing_extensions import Buffer as WriteableBuffer

__all__ = ["DAMAGED", "CutShort", "Damaged", "Readable", "Text", "TooMuch", "gunzip", "open_text", "read", "read_head"]

_UNBOUNDED = 1 << 63
_LONGEST = 120  # characters of the layers' names together


class Text(io.RawIOBase):
    """The text of a file in UTF-8. Opening and reading raise FileRefused where it cannot be unpacked."""

    def __init__(self, path: Path, meter: Meter, *, everything: bool = False) -> None:
        self._file = path.open("rb")
        self._contents = layers.Contents(everything)
        self._pieces = layers.text(Stream(_chunks(self._file)), meter, self._contents)
        self._held = memoryview(b"")
        self._ended = self._stopped = False
        try:
            self._fill()
        except BaseException:
            self.close()
            raise

    @property
    def layers(self) -> str:
        """What the text was taken out of, outermost first: ``gzip, tar``; empty where the file is the text."""
        return ", ".join(self._contents.layers)[:_LONGEST]

    @property
    def left_out(self) -> str:
        """What was left out so far (files of an archive, MongoDB's ids), in sentences; empty where nothing was."""
        return self._contents.sentence(so_far=not self._ended)

    def is_read(self) -> bool:
        """Whether all of the text was read; False where unpacking more would be TooMuch."""
        try:
            self._fill()
        except TooMuch:
            return False
        return not self._held and not self._stopped

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._fill()
        room = memoryview(buffer)
        size = min(len(room), len(self._held))
        room[:size] = self._held[:size]
        self._held = self._held[size:]
        return size

    def _fill(self) -> None:
        """Hold a piece, unless the text is at its end."""
        try:
            while not self._held and not self._ended:
                piece = next(self._pieces, None)
                self._held, self._ended = memoryview(piece or b""), piece is None
        except frames.ERRORS as error:
            raise Damaged from error
        except TooMuch:
            self._stopped = True
            raise

    def close(self) -> None:
        self._file.close()
        super().close()


def open_text(
    path: Path,
    *,
    most: int = _UNBOUNDED,
    sentence: str = "",
    look: Callable[[], None] | None = None,
    everything: bool = False,
) -> Text:
    """The file's text, unpacked as it is read.

    Raises FileRefused: TooMuch, with ``sentence``, where a layer unpacks to more than ``most`` bytes; Damaged.
    ``look`` is called every so often meanwhile. ``everything``: also files of an archive that hold no JSON.
    """
    return Text(path, Meter(most, sentence, look), everything=everything)


def gunzip(packed: bytes) -> Iterator[bytes]:
    """The text of all gzip members, in pieces of at most 1 MB. Raises FileRefused where it is none, or not whole."""
    try:
        yield from frames.gunzip(Stream([packed]))
    except frames.ERRORS as error:
        raise Damaged from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def read(file: Readable, size: int) -> bytes:
    """``size`` bytes, fewer only at the end, or where unpacking more would be TooMuch."""
    parts = []
    try:
        while size > 0 and (part := file.read(size)):
            parts.append(part)
            size -= len(part)
    except TooMuch:
        if not parts:
            raise
    return b"".join(parts)


def read_head(file: Readable, size: int) -> io.BytesIO:
    """The first ``size`` bytes of a text, fewer where it is shorter. Raises FileRefused where it cannot be unpacked."""
    return io.BytesIO(read(file, size))
