"""The text of a file that may be packed, unpacked as it is read."""

from __future__ import annotations

import io
import zlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import zstandard
from isal import igzip, igzip_lib  # reads gzip about twice as fast as the standard library

from interactions.errors import FileRefused

if TYPE_CHECKING:
    from typing_extensions import Buffer as WriteableBuffer

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
DAMAGED = "The file is packed, but cannot be unpacked: it is damaged or cut short."
PACKING_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    zlib.error,
    igzip_lib.IsalError,  # type: ignore[assignment]  # its types take it for an instance
    zstandard.ZstdError,
)
_PACKED_BYTES = 1 << 10  # of zstd at a time: even a bomb makes no more than some 30 MB of them


class Compression(StrEnum):
    NONE = ""
    GZIP = "gzip"
    ZSTD = "zstd"


def compression_of(path: Path) -> Compression:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(_GZIP):
        return Compression.GZIP
    return Compression.ZSTD if magic == _ZSTD else Compression.NONE


def open_text(path: Path, compression: Compression) -> BinaryIO:
    """The file's bytes, unpacked as they are read; reading may raise one of PACKING_ERRORS."""
    if compression is Compression.GZIP:
        unpacked: BinaryIO = igzip.open(path, "rb")
        return unpacked
    if compression is Compression.ZSTD:
        return io.BufferedReader(_Zstd(path), 1 << 20)
    return path.open("rb")


class _Zstd(io.RawIOBase):
    """The text of zstd frames. Reading raises EOFError where the last is cut short, which zstandard's reader hides."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = b""
        self._text = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._text and self._unpack():
            pass
        room = memoryview(buffer)
        size = min(len(room), len(self._text))
        room[:size] = self._text[:size]
        self._text = self._text[size:]
        return size

    def _unpack(self) -> bool:
        """Unpack a little more; False at the end."""
        packed = self._packed or self._file.read(_PACKED_BYTES)
        if not packed and self._frame is not None:
            raise EOFError
        if not packed:
            return False
        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        self._text = memoryview(self._frame.decompress(packed))
        self._packed = b""
        if self._frame.eof:
            self._packed, self._frame = self._frame.unused_data, None
        return True

    def close(self) -> None:
        self._file.close()
        super().close()


def read(file: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer only at the end: a packed file gives less than asked for."""
    parts = []
    try:
        while size > 0 and (part := file.read(size)):
            parts.append(part)
            size -= len(part)
    except PACKING_ERRORS as error:
        raise FileRefused(DAMAGED) from error
    return b"".join(parts)


def read_head(file: BinaryIO, size: int) -> io.BytesIO:
    """The first ``size`` bytes of a text, fewer where it is shorter. Raises FileRefused where it cannot be unpacked."""
    try:
        return io.BytesIO(read(file, size))
    except PACKING_ERRORS as error:
        raise FileRefused(DAMAGED) from error
