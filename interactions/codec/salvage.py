"""The text of a file that need not be whole: one that is still arriving, or was cut short."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from interactions.codec.unpack import Compression, compression_of

_PACKED_BYTES: Final = 64 << 10
_MOST: Final = 4 << 20  # bytes unpacked at a time: even a bomb makes no more


def readable(path: Path) -> Iterator[bytes]:
    """The file's bytes, unpacked, as far as that is possible; in pieces of 4 MB at most. Raises OSError."""
    compression = compression_of(path)
    with path.open("rb") as file:
        if compression is Compression.GZIP:
            yield from _gunzipped(file)
        elif compression is Compression.ZSTD:
            yield from _unzstd(file)
        else:
            while piece := file.read(_MOST):
                yield piece


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    """Of all members, one after another."""
    unpacking = zlib.decompressobj(wbits=31)
    while packed := file.read(_PACKED_BYTES):
        while packed:
            try:
                piece = unpacking.decompress(packed, _MOST)
            except zlib.error:
                return
            if piece:
                yield piece
            if unpacking.eof:
                packed, unpacking = unpacking.unused_data, zlib.decompressobj(wbits=31)
            else:
                packed = unpacking.unconsumed_tail


def _unzstd(file: BinaryIO) -> Iterator[bytes]:
    with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as text:
        while True:
            try:
                piece = text.read(_MOST)
            except zstandard.ZstdError:
                return
            if not piece:
                return
            yield piece
