"""gzip, zstd, bzip2 and xz: unpack one frame after another, each in time linear in its size."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Any, Final, Protocol

import zstandard
from isal import isal_zlib  # reads gzip about three times as fast as the standard library

from interactions.errors import FileRefused
from interactions.unpack.stream import CHUNK, ByteStream, CutShort, DamagedFile, Pieces

ERRORS: tuple[type[Exception], ...] = (
    zlib.error,
    isal_zlib.error,  # type: ignore[assignment]  # its type stubs declare an instance
    zstandard.ZstdError,
    lzma.LZMAError,
)
_GZIP = 31
_RAW = -15
# Bytes of a frame taken first, doubled each time, because bytes of the next frame have to be copied.
_FIRST = 64
_MOST_MADE = 1 << 20  # bytes unpacked at once
_MOST_ZSTD = 1 << 10  # bytes of zstd taken at once: even a zip bomb makes at most about 30 MB of them
_WIDEST = 1 << 27  # bytes of memory that a zstd frame or an xz stream may need
_TOO_WIDE: Final = "Unpacking the file takes more than 128 MB of memory. Pack it again with xz -9 or lower."


class Unpacker(Protocol):
    """Unpacks one frame; ``unused_data`` are the bytes after its end."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def pieces(self, packed: bytes) -> Pieces: ...


class Deflate:
    """One gzip member, or raw deflate."""

    def __init__(self, wbits: int = _GZIP) -> None:
        self._object: Any = isal_zlib.decompressobj(wbits=wbits)

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data)

    def pieces(self, packed: bytes) -> Pieces:
        while True:
            made = self._object.decompress(packed, _MOST_MADE)
            yield made
            packed = self._object.unconsumed_tail
            if self.eof or (not packed and len(made) < _MOST_MADE):  # after a full piece there may be more
                return


class _Zstd:
    def __init__(self, frames: zstandard.ZstdDecompressor) -> None:
        self._object = frames.decompressobj()

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def pieces(self, packed: bytes) -> Pieces:
        yield self._object.decompress(packed)


class _Held:
    """An unpacker of the standard library, which buffers its input."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._object = inner

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def pieces(self, packed: bytes) -> Pieces:
        yield self._object.decompress(packed, _MOST_MADE)
        while not self.eof and not self._object.needs_input:
            yield self._object.decompress(b"", _MOST_MADE)


class Bzip2(_Held):
    """One bzip2 stream."""

    def __init__(self) -> None:
        super().__init__(bz2.BZ2Decompressor())

    def pieces(self, packed: bytes) -> Pieces:
        try:
            yield from super().pieces(packed)
        except OSError as error:  # bz2 has no exception of its own
            raise DamagedFile from error


class Xz(_Held):
    """One xz stream."""

    def __init__(self) -> None:
        super().__init__(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_WIDEST))

    def pieces(self, packed: bytes) -> Pieces:
        try:
            yield from super().pieces(packed)
        except lzma.LZMAError as error:
            raise FileRefused(_TOO_WIDE) if "emory usage limit" in str(error) else error from error


def gunzip(stream: ByteStream) -> Pieces:
    """The text of all gzip members; trailing zeros are ignored. Raises CutShort, or one of ERRORS."""
    while stream.peek(1):
        yield from one_frame(stream, Deflate(), CHUNK)
        stream.skip_zeros()


def inflate(stream: ByteStream) -> Pieces:
    """The text of one raw deflate stream. Leaves ``stream`` after it."""
    return one_frame(stream, Deflate(_RAW), CHUNK)


def one_bzip2(stream: ByteStream) -> Pieces:
    """The text of one bzip2 stream. Leaves ``stream`` after it."""
    return one_frame(stream, Bzip2(), CHUNK)


def one_xz(stream: ByteStream) -> Pieces:
    """The text of one xz stream. Leaves ``stream`` after it."""
    return one_frame(stream, Xz(), CHUNK)


def one_zstd(stream: ByteStream) -> Pieces:
    """The text of one zstd frame. Leaves ``stream`` after it."""
    return one_frame(stream, _Zstd(zstandard.ZstdDecompressor(max_window_size=_WIDEST)), _MOST_ZSTD)


def unzstd(stream: ByteStream) -> Pieces:
    """The text of all zstd frames; skippable ones, which pzstd writes, have none."""
    frames = zstandard.ZstdDecompressor(max_window_size=_WIDEST)
    while stream.peek(1):
        yield from one_frame(stream, _Zstd(frames), _MOST_ZSTD)


def unbzip2(stream: ByteStream) -> Pieces:
    """The text of all bzip2 streams, one after another."""
    while stream.peek(1):
        yield from one_bzip2(stream)


def unxz(stream: ByteStream) -> Pieces:
    """The text of all xz streams, with zeros between them."""
    while stream.peek(1):
        yield from one_xz(stream)
        stream.skip_zeros()


def one_frame(stream: ByteStream, unpacker: Unpacker, most: int) -> Pieces:
    """The text of the next frame in the stream, taking at most ``most`` bytes at once."""
    size = _FIRST
    while not unpacker.eof:
        packed = stream.take(size)
        if not packed:
            raise CutShort
        yield from unpacker.pieces(packed)
        size = min(2 * size, most)
    stream.give_back(len(unpacker.unused_data))
