"""Read a ZIP archive from front to back by the headers of its files; the directory at its end is only checked.

So no archive can use the same bytes twice, and nested archives are read like any other.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from interactions.errors import FileRefused
from interactions.unpack import frames
from interactions.unpack.member import Member, Members, shown
from interactions.unpack.stream import ByteStream, DamagedFile, Pieces

FILE, _LISTED, _END, _SPANNED = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x07\x08"
MAGIC = (FILE, _END, _SPANNED + FILE, b"PK00" + FILE)
_END_64, _PLACE_64, _SIGNATURE = b"PK\x06\x06", b"PK\x06\x07", b"PK\x05\x05"
_HEADER = struct.Struct("<4sHHHHHIIIHH")  # including the lengths of name and extra field
_ENCRYPTED, _SIZES_FOLLOW, _UTF_8 = 1, 8, 1 << 11
_STORED = 0
_READ: dict[int, Callable[[ByteStream], Pieces]] = {
    8: frames.inflate, 12: frames.one_bzip2, 93: frames.one_zstd, 95: frames.one_xz,
}  # fmt: skip
_METHODS = {9: "Deflate64", 14: "LZMA", 98: "PPMd"}
_FULL = 0xFFFFFFFF  # a size that is in the extra field
_MASK = 0xFFFFFFFF
_OFFICE = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "mimetype")


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    flags: int
    method: int
    crc: int
    packed: int | None  # bytes; None if the size follows the file
    size: int


def members(stream: ByteStream) -> Members:
    """The files in the archive. Raises DamagedFile if it's truncated, and FileRefused for unsupported compression."""
    if stream.peek(4) in (_SPANNED, b"PK00"):
        stream.skip(4)
    files = listed = 0
    ended = False
    while mark := stream.peek(4):
        if mark == FILE:
            ended = False
            files += 1
            yield from _member(stream, _entry(stream))
        elif mark == _LISTED:
            listed += 1
            stream.skip(sum(struct.unpack("<HHH", stream.exactly(46)[28:34])))
        elif mark == _END:
            stream.skip(struct.unpack("<H", stream.exactly(22)[20:])[0])
            if files != listed:
                raise FileRefused("The files in the ZIP archive don't match its list: pack it again.")
            ended = True
        elif mark in _OTHERS:
            stream.skip(_OTHERS[mark](stream))
        elif ended and not mark.strip(b"\x00\r\n"):
            stream.skip(len(mark))
        else:
            raise DamagedFile
    if not ended:
        raise DamagedFile


_OTHERS: dict[bytes, Callable[[ByteStream], int]] = {
    _END_64: lambda stream: struct.unpack("<Q", stream.exactly(12)[4:])[0],
    _PLACE_64: lambda stream: 20,
    _SIGNATURE: lambda stream: struct.unpack("<H", stream.exactly(6)[4:])[0],
}


def _entry(stream: ByteStream) -> _Entry:
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _HEADER.unpack(
        stream.exactly(_HEADER.size)
    )
    name = stream.exactly(name_length).decode("utf-8" if flags & _UTF_8 else "cp437", "replace")
    extra = stream.exactly(extra_length)
    if packed == _FULL or size == _FULL:
        packed, size = _long_sizes(extra, packed, size)
    return _Entry(name, flags, method, crc, None if flags & _SIZES_FOLLOW else packed, size)


def _long_sizes(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == 1:
            longs = [int.from_bytes(field[at : at + 8], "little") for at in range(0, len(field) - 7, 8)]
            size = longs.pop(0) if size == _FULL and longs else size
            packed = longs.pop(0) if packed == _FULL and longs else packed
    return packed, size


def _member(stream: ByteStream, entry: _Entry) -> Members:
    if entry.name in _OFFICE:
        raise FileRefused(
            "The file is, or has in it, an Office document. Import an Excel workbook by itself, without packing it."
        )
    content = _Content(stream, entry)
    member = Member(entry.name, content.pieces)
    if entry.name.endswith("/"):
        if entry.packed is None:
            content.drain()
        else:
            stream.skip(entry.packed)
        return
    if member.is_of_the_system and entry.packed is not None:
        stream.skip(entry.packed)
        return
    _require_known(entry)
    yield member
    content.drain()


def _require_known(entry: _Entry) -> None:
    if entry.flags & _ENCRYPTED:
        raise FileRefused(f"{shown(entry.name)} in the ZIP archive is encrypted: pack it without a password.")
    if entry.method != _STORED and entry.method not in _READ:
        method = _METHODS.get(entry.method, f"method {entry.method}")
        raise FileRefused(f"{shown(entry.name)} in the ZIP archive is packed with {method}: pack it with Deflate.")
    if entry.method == _STORED and entry.packed is None:
        raise FileRefused(f"{shown(entry.name)} in the ZIP archive is stored without its size: pack it with Deflate.")


class _Content:
    """The text of a file, whose size and checksum are verified."""

    def __init__(self, stream: ByteStream, entry: _Entry) -> None:
        self._stream, self._entry = stream, entry
        self._crc = self._size = 0
        self.pieces = self._read()

    def drain(self) -> None:
        for _ in self.pieces:
            pass

    def _read(self) -> Pieces:
        entry, taken = self._entry, self._stream.taken
        unpack = _READ.get(entry.method)
        unpacked = unpack(self._stream) if unpack else self._stream.limited(entry.packed or 0)
        for piece in unpacked:
            self._crc = zlib.crc32(piece, self._crc)
            self._size += len(piece)
            yield piece
        packed = self._stream.taken - taken
        if entry.packed is None:
            self._confirm(packed)
        elif (self._crc, packed, self._size) != (entry.crc, entry.packed, entry.size):
            raise DamagedFile

    def _confirm(self, packed: int) -> None:
        """Read the sizes after the file, which have four or eight bytes each and an optional signature."""
        for mark in (_SPANNED, b""):
            for form in ("<III", "<IQQ"):
                mask = _MASK if form == "<III" else ~0
                said = mark + struct.pack(form, self._crc, packed & mask, self._size & mask)
                if self._stream.peek(len(said)) == said:
                    self._stream.skip(len(said))
                    return
        raise DamagedFile
