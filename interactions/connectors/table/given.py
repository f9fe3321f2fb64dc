"""Open a file as a table: CSV, Parquet, a workbook or JSON, compressed or not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Final

import msgspec

from interactions import unpack
from interactions.connectors.columnar import MAGIC
from interactions.connectors.table.documents import JsonTable
from interactions.connectors.table.errors import Empty, Encrypted, NoTable, Packed
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.objects import with_objects
from interactions.connectors.table.parquet import HIDDEN, Parquet
from interactions.connectors.table.rows import Table, Text
from interactions.connectors.table.separated import Separated
from interactions.connectors.table.utf8 import UTF_8
from interactions.connectors.table.workbook import OFFICE, ZIP, Workbook, is_workbook
from interactions.unpack import Openable, open_text, read

Opener = Callable[[Openable], Text]
_BLANK: Final = b"\xef\xbb\xbf \t\r\n\x1e"


def unpacked(path: Openable) -> unpack.UnpackedText:
    """The unpacked text of a file, or of all files of an archive, whatever their names."""
    return open_text(path, everything=True)


def as_before(table: Table, before: Reading) -> Reading:
    """How to read a table like an earlier one: takes over from ``before`` what only a person can answer."""
    reading = table.reading
    if "encoding" in table.doubts and before.encoding not in ("", UTF_8):
        reading = msgspec.structs.replace(reading, encoding=before.encoding)
    if "header" in table.doubts and before.header_rows is not None:
        reading = msgspec.structs.replace(reading, header_rows=before.header_rows, names_row=before.names_row)
    if before.sheet in table.sheets:
        reading = msgspec.structs.replace(reading, sheet=before.sheet)
    return reading


def open_table(path: Openable, reading: Reading | None = None, text: Opener = unpacked) -> Table:
    """Open a file as a table; ``text`` opens it if it's neither Parquet nor a workbook.

    Raises FileRefused, which says what the file is or why it can't be read.
    """
    said = reading or Reading()
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == MAGIC:
        return Parquet(path)
    if magic == HIDDEN:
        raise Encrypted("The Parquet file is encrypted. Write it without encryption.")
    if magic == OFFICE or (magic == ZIP and is_workbook(path)):
        return Workbook(path, said)
    with closing(text(path)) as opened:
        head = read(opened, 1 << 16).lstrip(_BLANK)
    if not head:
        raise Empty(has_header=False)
    if head[:1] in (b"{", b"["):
        return JsonTable(lambda: text(path))
    if head[:4] == MAGIC:
        raise Packed
    if head[:1] == b"<":
        raise NoTable("The file is HTML or XML, not a table.")
    return with_objects(Separated(lambda: text(path), said))
