"""Open a file as a table, whatever it is in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from interactions.codec import unpack
from interactions.codec.unpack import Readable, open_text, read
from interactions.connectors.table.documents import Documents
from interactions.connectors.table.errors import Empty
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.parquet import MAGIC, Parquet
from interactions.connectors.table.rows import Table
from interactions.connectors.table.separated import Separated
from interactions.connectors.table.workbook import OFFICE, ZIP, Workbook, is_workbook

Opener = Callable[[Path], Readable]
_BLANK: Final = b"\xef\xbb\xbf \t\r\n\x1e"


def unpacked(path: Path) -> unpack.Text:
    """The text of a file with all files of an archive, whatever they are."""
    return open_text(path, everything=True)


def open_table(path: Path, reading: Reading | None = None, text: Opener = unpacked) -> Table:
    """A file as a table; ``text`` opens the text of one that is neither Parquet nor a workbook.

    Raises FileRefused: what it is, or why it can't be read.
    """
    said = reading or Reading()
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == MAGIC:
        return Parquet(path)
    if magic == OFFICE or (magic == ZIP and is_workbook(path)):
        return Workbook(path, said)
    opened = text(path)
    try:
        head = read(opened, 1 << 16).lstrip(_BLANK)
    finally:
        close = getattr(opened, "close", None)
        if close is not None:
            close()
    if not head:
        raise Empty(has_header=False)
    if head[:1] in (b"{", b"["):
        return Documents(lambda: text(path))
    return Separated(lambda: text(path), said)
