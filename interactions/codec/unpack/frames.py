"""gzip and zstd: one packed piece after another, each unpacked with work that grows with its own size alone."""

from __future__ import annotations

import zlib
from typing import Any, Protocol

import zstandard
from isal import isal_zlib  # reads gzip about three times as fast as the standard library

from interactions.codec.unpack.stream import CHUNK, CutShort, Pieces, Stream

ERRORS: tuple[type[Exception], ...] = (
    zlib.error,
    isal_zlib.error,  # type: ignore[assignment]  # its types take it for an instance
    zstandard.ZstdError,
)
_GZIP = 31
_RAW = -15
# Bytes of a frame that are taken first, then twice as many each time: what belongs to the next frame is copied.
_FIRST = 64
_MOST_MADE = 1 << 20  # bytes of deflate unpacked at once
_MOST_ZSTD = 1 << 10  # bytes of zstd taken at once: even a bomb makes no more than some 30 MB of them
_WIDEST = 1 << 27  # bytes of memory that a zstd frame may ask for


class Unpacker(Protocol):
    """Unpacks one frame; ``unused_data`` is what of the bytes given last stands behind its end."""

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
            if self.eof or (not packed and len(made) < _MOST_MADE):  # a full piece may leave more behind
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


def gunzip(stream: Stream) -> Pieces:
    """The text of all gzip members, which zeros may follow. Raises CutShort, or one of ERRORS."""
    while stream.peek(1):
        yield from one_frame(stream, Deflate(), CHUNK)
        stream.skip_zeros()


def inflate(stream: Stream) -> Pieces:
    """The text of one raw deflate stream; the stream stands behind it then."""
    return one_frame(stream, Deflate(_RAW), CHUNK)


def unzstd(stream: Stream) -> Pieces:
    """The text of all zstd frames; those to be skipped, as pzstd writes them, have none."""
    frames = zstandard.ZstdDecompressor(max_window_size=_WIDEST)
    while stream.peek(1):
        yield from one_frame(stream, _Zstd(frames), _MOST_ZSTD)


def one_frame(stream: Stream, unpacker: Unpacker, most: int) -> Pieces:
    """The text of the frame that the stream begins with, of which ``most`` bytes are taken at once at most."""
    size = _FIRST
    while not unpacker.eof:
        packed = stream.take(size)
        if not packed:
            raise CutShort
        yield from unpacker.pieces(packed)
        size = min(2 * size, most)
    stream.give_back(len(unpacker.unused_data))
