"""The text of a file that may be compressed, in an archive, or in another encoding, unpacked while it's read.

Use ``open_text``, which looks at the bytes and never at the name. Memory is bounded, and time is linear in the bytes
read and unpacked.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from interactions.unpack import frames, layers
from interactions.unpack.stream import (
    CHUNK,
    DAMAGED,
    ByteStream,
    CutShort,
    DamagedFile,
    Meter,
    Openable,
    Readable,
    UnpacksTooFar,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer as WriteableBuffer

__all__ = [
    "DAMAGED",
    "CutShort",
    "DamagedFile",
    "Openable",
    "Readable",
    "UnpackedText",
    "UnpacksTooFar",
    "gunzip",
    "open_converted",
    "open_text",
    "read",
    "read_head",
]

_UNBOUNDED = 1 << 63
_LONGEST = 120  # characters of the layers' names in total


class UnpackedText(io.RawIOBase):
    """The text of a file in UTF-8. Opening and reading raise FileRefused if it can't be unpacked."""

    def __init__(self, file: BinaryIO, pieces: Iterator[bytes], contents: layers.Contents) -> None:
        """``pieces`` of the text are made while they're read, from ``file``, which is closed at the end."""
        self._file, self._pieces, self._contents = file, pieces, contents
        self._held, self._at = b"", 0
        self._ended = self._stopped = False
        try:
            self._fill()
        except BaseException:
            self.close()
            raise

    @property
    def layers(self) -> str:
        """The layers of packing, outermost first: ``gzip, tar``; empty if the file is the text."""
        return ", ".join(self._contents.layers)[:_LONGEST]

    @property
    def left_out(self) -> str:
        """What was left out so far (files of an archive, MongoDB's ids), in sentences; may be empty."""
        return self._contents.sentence(so_far=not self._ended)

    def is_read(self) -> bool:
        """Whether all of the text was read; False if unpacking more would raise TooMuch."""
        try:
            self._fill()
        except UnpacksTooFar:
            return False
        return self._at == len(self._held) and not self._stopped

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer)
        found = self.read(len(room))
        room[: len(found)] = found
        return len(found)

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, none at the end, or all if it's negative. A whole piece isn't copied."""
        if size < 0:
            return self.readall()
        self._fill()
        found = self._held[self._at : self._at + size] if self._at or size < len(self._held) else self._held
        self._at += len(found)
        return found

    def _fill(self) -> None:
        """Read the next piece unless the text has ended."""
        try:
            while self._at == len(self._held) and not self._ended:
                piece = next(self._pieces, None)
                self._held, self._at, self._ended = bytes(piece or b""), 0, piece is None
        except frames.ERRORS as error:
            raise DamagedFile from error
        except UnpacksTooFar:
            self._stopped = True
            raise

    def close(self) -> None:
        self._file.close()
        super().close()


def open_text(
    path: Openable,
    *,
    most: int = _UNBOUNDED,
    sentence: str = "",
    look: Callable[[], None] | None = None,
    everything: bool = False,
) -> UnpackedText:
    """Open a file as text that is unpacked while it's read.

    Raises FileRefused: Damaged, or TooMuch, with ``sentence``, if a layer unpacks to more than ``most`` bytes. ``look``
    is called regularly. ``everything`` includes files of an archive that aren't JSON.
    """
    file, contents = path.open("rb"), layers.Contents(everything)
    return UnpackedText(file, layers.text(ByteStream(_chunks(file)), Meter(most, sentence, look), contents), contents)


def open_converted(
    path: Openable,
    layer: str,
    convert: Callable[[BinaryIO], Iterator[bytes]],
    *,
    most: int = _UNBOUNDED,
    sentence: str = "",
    look: Callable[[], None] | None = None,
) -> UnpackedText:
    """Open a file that ``convert`` writes as text; ``layer`` names what it is. Limits and errors are those of
    ``open_text``."""
    file, meter = path.open("rb"), Meter(most, sentence, look)
    return UnpackedText(file, meter.counted(convert(file)), layers.Contents(layers=[layer], texts=1))


def gunzip(packed: bytes) -> Iterator[bytes]:
    """The text of all gzip members, in pieces of at most 1 MB. Raises FileRefused if it's damaged or incomplete."""
    try:
        yield from frames.gunzip(ByteStream([packed]))
    except frames.ERRORS as error:
        raise DamagedFile from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def read(file: Readable, size: int) -> bytes:
    """Read ``size`` bytes, fewer only at the end or if unpacking more would raise TooMuch."""
    parts = []
    try:
        while size > 0 and (part := file.read(size)):
            parts.append(part)
            size -= len(part)
    except UnpacksTooFar:
        if not parts:
            raise
    return b"".join(parts)


def read_head(file: Readable, size: int) -> io.BytesIO:
    """The first ``size`` bytes of a text, fewer if it's shorter. Raises FileRefused if it can't be unpacked."""
    return io.BytesIO(read(file, size))
