"""What a file is, found from its bytes and never from its name, and its text unpacked."""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import zstandard
from isal import igzip, igzip_lib  # reads gzip about twice as fast as the standard library

from interactions.codec.structure import scan
from interactions.codec.windows import Format
from interactions.errors import FileRefused

if TYPE_CHECKING:
    from typing_extensions import Buffer as WriteableBuffer

_GZIP, _ZSTD, _BOM = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_HEAD_BYTES = 4 << 20  # how far into an object the list called data may begin
# Possessive: a text that never ends must not be tried again from each of its bytes.
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING = re.compile(_TEXT, re.DOTALL)
_KEY = re.compile(rb"\s*,?\s*(" + _TEXT + rb")\s*:\s*", re.DOTALL)
_LARGE_RECORD = re.compile(rb'\{\s*"type"\s*:\s*"')
_SCALAR = re.compile(rb"[^,}\]]*")
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


@dataclass(frozen=True, slots=True)
class Shape:
    """How records stand in a text: the format, and the byte at which the first record may begin."""

    format: Format
    start: int


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


def shape_of(file: BinaryIO) -> Shape:
    """Find the shape of a text from its beginning. Raises FileRefused, saying what the file is not."""
    head = _read(file, 1 << 16)
    start = len(_BOM) if head.startswith(_BOM) else 0
    start += len(head[start:]) - len(head[start:].lstrip(_BLANK))
    if start == len(head):
        raise FileRefused("The file is empty." if len(head) < 1 << 16 else "The file begins with blanks only.")
    if head[start : start + 1] == b"[":
        return _array(head, start)
    if head[start : start + 1] != b"{":
        raise FileRefused(_not_json(head))
    while True:
        shape = _object(head, start)
        if shape is not None:
            return shape
        more = _read(file, len(head)) if len(head) <= _HEAD_BYTES else b""
        if not more:
            break
        head += more
    if _LARGE_RECORD.match(head, start) or _has_lines(head[start:]):
        return Shape(Format.LINES, start)
    raise FileRefused(_without_data(head, start))


def _read(file: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer only at the end: a packed file gives less than asked for."""
    parts = []
    try:
        while size > 0 and (part := file.read(size)):
            parts.append(part)
            size -= len(part)
    except PACKING_ERRORS as error:
        raise FileRefused(DAMAGED) from error
    return b"".join(parts)


def _array(head: bytes, start: int) -> Shape:
    inner = head[start + 1 :].lstrip(_BLANK)[:1]
    if inner not in (b"{", b"]", b""):
        raise FileRefused("The file is a JSON list, but not of objects: each record has to be an object.")
    return Shape(Format.ARRAY, start + 1)


def _object(head: bytes, start: int) -> Shape | None:
    """The shape of a text that begins with an object; None where the head does not tell yet."""
    place = start + 1
    while (key := _KEY.match(head, place)) is not None:
        place = key.end()
        opener = head[place : place + 1]
        if key[1] == b'"data"' and opener == b"[":
            return Shape(Format.OBJECT, place + 1)
        if opener in (b"{", b"["):
            bounds = scan(head[place:]).bounds
            if not bounds:
                return None
            place += bounds[0][1]
        elif opener == b'"':
            text = _STRING.match(head, place)
            if text is None:
                return None
            place = text.end()
        else:
            place = _SCALAR.match(head, place).end()  # type: ignore[union-attr]  # it matches nothing, too
    end = re.compile(rb"\s*\}").match(head, place)
    return None if end is None else _lines(head, start, end.end())


def _lines(head: bytes, start: int, end: int) -> Shape | None:
    """A whole object without a list called data begins the text: it is a record, if it is one on a line."""
    if b"\n" in head[start:end]:
        raise FileRefused(_without_data(head, start))
    if _is_record(head[start:end]) or head[end:].strip(_BLANK):
        return Shape(Format.LINES, start)
    return None


def _has_lines(text: bytes) -> bool:
    """Whether lines are records, though the first may be broken."""
    lines = [line for line in text[: 1 << 16].split(b"\n")[:20] if line.strip(_BLANK)]
    return len(lines) > 1 and 2 * sum(map(_is_record, lines)) >= len(lines)


def _is_record(line: bytes) -> bool:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and "type" in found


def _without_data(head: bytes, start: int) -> str:
    if len(head) > _HEAD_BYTES:
        return "The file is a JSON object in which no list called «data» begins within the first 4 MB."
    if scan(head[start:]).bounds:
        return "The file is one JSON object without a list called «data»: put the records into that list."
    return "The file ends in the middle of its first record."


def _not_json(head: bytes) -> str:
    for magic, name in _KNOWN.items():
        if head.startswith(magic):
            return f"The file is {name}, not JSON."
    if b"\x00" in head[:1024]:
        return "The file is not text: records have to be JSON in UTF-8."
    return "The file is not JSON: it has to begin with { or [."


_KNOWN = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an Office document",
    b"PAR1": "a Parquet file",
    b"BZh": "a bzip2 archive: unpack it first, or pack it as .gz or .zst",
    b"\xfd7zXZ": "an xz archive: unpack it first, or pack it as .gz or .zst",
    b"SQLite format 3": "a SQLite database",
    b"<": "HTML or XML",
    b"\xff\xfe": "text in UTF-16: save it as UTF-8",
    b"\xfe\xff": "text in UTF-16: save it as UTF-8",
}


def read_head(file: BinaryIO, size: int) -> io.BytesIO:
    """The first ``size`` bytes of a text, fewer where it is shorter. Raises FileRefused where it cannot be unpacked."""
    try:
        return io.BytesIO(_read(file, size))
    except PACKING_ERRORS as error:
        raise FileRefused(DAMAGED) from error


def first_pieces(text: bytes, shape: Shape, count: int) -> list[bytes]:
    """The text of the first records, at most ``count``, whole or not."""
    inner = text[shape.start :]
    if shape.format is Format.LINES:
        return [line for line in inner.split(b"\n", 4 * count) if line.strip(_BLANK)][:count]
    found = scan(inner)
    pieces = [inner[start:end] for start, end in found.bounds[:count]]
    return pieces or [inner[found.rest :][:4096]]
