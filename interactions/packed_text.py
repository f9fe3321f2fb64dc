"""Text in packed frames with an index behind them: an eighth of its size, and read from any place on.

Frames are LZ4, as it takes no longer than to write the text itself to the system's cache. Behind them are their bounds,
int64[frames + 1, 2] (bytes of the text, bytes of the file), and how many bounds these are, int64.
"""

from __future__ import annotations

import io
import struct
from bisect import bisect_right
from typing import TYPE_CHECKING, BinaryIO, Final, cast

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer

_FRAME: Final = 1 << 20
"""Bytes of text in a frame: larger ones aren't packed better or faster, and a reader holds one in memory."""
_BUFFER: Final = 128 << 10  # bytes read at once for those who read a little at a time
_MAGIC: Final = b"\x04\x22\x4d\x18"  # with which each frame of LZ4 begins
_NUMBER: Final = struct.Struct("<q")


class PackedWriter:
    """Writes text to a file, from its beginning. Without ``finish`` the file can't be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._codec = file, _codec()
        self._bounds = [(0, 0)]

    @property
    def size(self) -> int:
        """Bytes of the text so far."""
        return self._bounds[-1][0]

    def write(self, text: Buffer) -> None:
        """Add to the text. Raises OSError."""
        given = memoryview(text)
        for start in range(0, len(given), _FRAME):
            frame = given[start : start + _FRAME]
            packed = self._codec.compress(frame, asbytes=True)
            self._file.write(packed)
            before = self._bounds[-1]
            self._bounds.append((before[0] + len(frame), before[1] + len(packed)))

    def finish(self) -> None:
        """Write the index. Raises OSError."""
        for bounds in self._bounds:
            self._file.write(struct.pack("<2q", *bounds))
        self._file.write(_NUMBER.pack(len(self._bounds)))


class PackedReader(io.RawIOBase):
    """Reads the text of a file, which is closed with it. Raises OSError and what reading the file raises."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._codec = file, _codec()
        end = file.seek(-_NUMBER.size, io.SEEK_END)
        size = 2 * _NUMBER.size * int(_NUMBER.unpack(file.read(_NUMBER.size))[0])
        file.seek(end - size)
        self._starts, self._places = zip(*struct.iter_unpack("<2q", file.read(size)), strict=True)
        self._at, self._held, self._held_at = 0, memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Buffer, /) -> int:
        room = memoryview(buffer).cast("B")
        if self._at >= self._starts[-1]:
            return 0
        if not self._held_at <= self._at < self._held_at + len(self._held):
            self._hold(bisect_right(self._starts, self._at) - 1)
        found = self._held[self._at - self._held_at :][: len(room)]
        room[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _hold(self, frame: int) -> None:
        """Have a frame in memory."""
        (start, end), (place, next_place) = (each[frame : frame + 2] for each in (self._starts, self._places))
        self._file.seek(place)
        packed = self._file.read(next_place - place)
        self._held, self._held_at = memoryview(self._codec.decompress(packed, end - start, asbytes=True)), start


def text_of(file: BinaryIO) -> BinaryIO:
    """The text of a file that a PackedWriter wrote, and of any other file the file itself."""
    is_packed = file.read(len(_MAGIC)) == _MAGIC
    file.seek(0)
    return cast(BinaryIO, io.BufferedReader(PackedReader(file), _BUFFER)) if is_packed else file


def _codec() -> pa.Codec:
    import pyarrow as pa

    return pa.Codec("lz4")
