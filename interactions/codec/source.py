"""Detect the layout of a JSON text from its beginning."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from interactions.codec.split import syntax
from interactions.codec.split.documents import CUT_SHORT, NO_OBJECT, TOO_MANY_LISTS, Documents
from interactions.codec.split.windows import ByteRange, Format, Open, RecordPiece, Unsound
from interactions.contract import schema
from interactions.errors import FileRefused
from interactions.unpack import Readable, read

_HEAD_BYTES = 4 << 20  # the list called data must begin within this many bytes of an object
NOT_JSON = "The file is not JSON: it must begin with { or [."
_LOOK_BYTES = 1 << 16
_OTHERS = {  # by their first bytes
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"\xd0\xcf\x11\xe0": "an Office document, such as an Excel workbook",
    b"\x04\x22\x4d\x18": "packed with lz4: unpack it first, or pack it as .gz or .zst",
    b"LZIP": "packed with lzip: unpack it first, or pack it as .xz",
    b"\x5d\x00\x00": "packed with LZMA: unpack it first, or pack it as .xz",
    b"\x1f\x9d": "packed with compress: unpack it first, or pack it as .gz",
    b"\xff\x06\x00\x00sNaPpY": "packed with Snappy: unpack it first, or pack it as .gz or .zst",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it first, or pack it as .zip",
    b"Rar!": "a RAR archive: unpack it first, or pack it as .zip",
    b"SQLite format 3": "a SQLite database",
    b"<": "HTML or XML",
}


_Piece: TypeAlias = tuple[RecordPiece, bytes]  # with its text


@dataclass(frozen=True, slots=True)
class Shape:
    """The layout of a text, and which lists and objects are open where its first record begins."""

    format: Format
    inside: Open = ()


def shape_of(file: Readable, *, of_any: bool = False) -> Shape:
    """Detect the layout of a text from its beginning. Raises FileRefused if it has no records.

    With ``of_any`` its documents may be any objects, not just records.
    """
    head = _first_text(file)
    if head[:1] not in (b"[", b"{"):
        raise FileRefused(not_json(head))
    while True:
        more = read(file, max(len(head), _LOOK_BYTES - len(head)))
        head += more
        found, pieces = _scan_head(head, is_whole=not more)
        if pieces or found.forms or not more or len(head) > 2 * _HEAD_BYTES:
            return _judged(head, found, pieces, is_whole=not more, of_any=of_any)


def not_json(head: bytes) -> str:
    """The reason for refusing a text that begins with neither { nor [."""
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            return f"The file is {name}." if ": " in name else f"The file is {name}, not JSON."
    if b"\x00" in head[:1024]:
        return "The file is not text: records must be JSON in UTF-8."
    return NOT_JSON


def _first_text(file: Readable) -> bytes:
    """The first bytes after leading separators. Raises FileRefused if there are none."""
    left = b""
    while text := read(file, _LOOK_BYTES):
        left += text
        left = left[syntax.SEPARATORS.match(left).end() :]  # type: ignore[union-attr]  # it matches nothing, too
        if len(left) > 2:  # fewer bytes might be part of a byte order mark
            break
    if not left:
        raise FileRefused("The file has no records.")
    return left


def _scan_head(text: bytes, *, is_whole: bool) -> tuple[Documents, list[_Piece]]:
    """Split a text into records. Returns the splitter and the pieces."""
    length = len(text) if is_whole else len(text) + 1
    documents = Documents(io.BytesIO(text), ByteRange(0, len(text), length), length)
    pieces: list[_Piece] = []
    with suppress(Unsound):  # the text ends in the middle of a record
        for window in documents.each(len(text)):
            pieces += ((piece, window.text[piece.start : piece.end]) for piece in window.pieces)
    return documents, pieces


def _judged(head: bytes, found: Documents, pieces: list[_Piece], *, is_whole: bool, of_any: bool) -> Shape:
    """The layout of a file that begins with ``head``. Raises FileRefused."""
    if not found.forms[Format.ARRAY] and not found.forms[Format.OBJECT]:
        if not of_any:
            _require_records(head, pieces, is_whole=is_whole)
    elif b"{" not in head and any(piece.rule == NO_OBJECT for piece, _ in pieces):
        raise FileRefused("The file is a JSON list, but not of objects: each record must be an object.")
    return Shape(_format(found.forms), found.inside or ())


def _require_records(head: bytes, pieces: list[_Piece], *, is_whole: bool) -> None:
    """Raise FileRefused if the file is a single object that isn't a record or the beginning of one."""
    if pieces and pieces[0][0].rule == TOO_MANY_LISTS and all(piece.rule for piece, _ in pieces):
        raise FileRefused(f"The file's lists are nested more than {syntax.MOST_LISTS} levels deep.")
    if syntax.TYPE_FIRST.match(head) is not None:
        return
    if not pieces:
        raise FileRefused('The file is a JSON object in which no list called "data" begins within the first 4 MB.')
    (piece, text), is_only = pieces[0], is_whole and len(pieces) == 1
    is_record = not is_only or _is_record(text)
    if is_only and piece.rule == CUT_SHORT and b'"type"' not in text:
        raise FileRefused("The file ends in the middle of its first record.")
    # If the list has another name, splitting cuts the object where the list's first record begins on its own line.
    if not is_record or (piece.is_damaged and text.endswith(b"[")):
        raise FileRefused('The file is one JSON object without a list called "data": put the records into that list.')


def _is_record(text: bytes) -> bool:
    """Whether a file's only object is a record, maybe a damaged one. Raises FileRefused if it's nested too deeply."""
    has_type = b'"type"' in text
    try:
        found = msgspec.json.decode(text)
    except RecursionError:
        if has_type:
            return True
        raise FileRefused(f"The file is one JSON object, nested more than {schema.DEEPEST} levels deep.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return has_type
    return isinstance(found, dict) and "type" in found


def _format(forms: Counter[Format]) -> Format:
    kinds = {form for form, count in forms.items() if count}
    if kinds == {Format.ARRAY}:
        return Format.ARRAY if forms[Format.ARRAY] == 1 else Format.LISTS
    if kinds == {Format.OBJECT}:
        return Format.OBJECT if forms[Format.OBJECT] == 1 else Format.BODIES
    if kinds <= {Format.LINES, Format.OBJECTS}:
        return Format.OBJECTS if forms[Format.OBJECTS] else Format.LINES
    return Format.MIX
