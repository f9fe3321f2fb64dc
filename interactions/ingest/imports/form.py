"""Detect from its first bytes how a file is packed, how its records are laid out, and which tool wrote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from interactions import connectors, unpack
from interactions.codec import source
from interactions.connectors import columnar
from interactions.contract import schema
from interactions.errors import FileRefused
from interactions.ingest.imports.other_forms import other_form

NO_RECORDS = "The file has no records."
_PARQUET = "The file is a Parquet file, not JSON."
_MOST_UNPACKED = 256 << 20  # bytes unpacked for detection at most
_NO_RECORD_YET = "The first 256 MB of the unpacked file have no records. Pack the file of records alone."
_FOREIGN_BYTES = 64 << 10  # bytes in which formats of other tools are recognized
_SOURCE_BYTES = 1 << 20  # bytes in which a source of events is recognized
OWN = connectors.dojo.NAME
TABLES = frozenset({"CSV", "TSV", "Excel", "Parquet", "JSON"})
"""Formats of tables. Their imports need a mapping."""
OF_IMPORT = "import"
"""The key in Dojo's note on a rejected row of a table for the number of the import whose mapping can read it again."""
_BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class FileFormat:
    """The layout of records in a file, its layers of packing, and the source of its events ("" for Dojo itself)."""

    shape: source.Shape
    layers: str
    connector: str


class OfTable(FileRefused):
    """The file has rows of a table that an import rejected. They're mapped like the rows of that import."""

    def __init__(self) -> None:
        super().__init__(
            "These rows can't be read as they are: write the values of each as columns beside its note, then import "
            "the file again."
        )


def refused_by(path: unpack.Openable) -> int | None:
    """The number of the import that rejected the rows in a file; None if it has no such rows."""
    with opened(path) as file:
        return _refused_by(unpack.read(file, _FOREIGN_BYTES))


def _refused_by(head: bytes) -> int | None:
    line = head.lstrip(_BLANK).partition(b"\n")[0]
    if not line.startswith(b"{") or schema.NOTE.encode() not in line:
        return None
    try:
        note = msgspec.json.decode(line)[schema.NOTE]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError):
        return None
    number = note.get(OF_IMPORT) if isinstance(note, dict) else None
    return number if isinstance(number, int) else None


def form_of(path: unpack.Openable, *, connector: str = "") -> FileFormat:
    """Detect the form of a file. Raises FileRefused if it can't be imported.

    ``connector`` names its source if it's known.
    """
    with opened(path) as file:
        head = unpack.read(file, _SOURCE_BYTES)
        is_columnar = file.layers == columnar.LAYER
    if is_columnar and (not head or (connector or _recognised(head)) in ("", OWN)):
        raise FileRefused(_PARQUET)  # it's a table, whose columns are mapped
    if len(head) < _FOREIGN_BYTES and not head.strip(_BLANK):
        raise FileRefused(NO_RECORDS)
    if not connector and _refused_by(head) is not None:
        raise OfTable
    connector = connector or _recognised(head)
    if connector in ("", OWN) and (foreign := other_form(head[:_FOREIGN_BYTES])) is not None:
        raise FileRefused(foreign)
    with opened(path) as file:
        is_own = connector in ("", OWN)
        return FileFormat(source.shape_of(file, of_any=not is_own), file.layers, "" if is_own else connector)


def _recognised(head: bytes) -> str:
    """The source of a file of events; empty if it isn't recognized."""
    found = connectors.recognised(head, is_whole=len(head) < _SOURCE_BYTES)
    return found.source.NAME if found is not None else ""


def opened(path: unpack.Openable) -> unpack.UnpackedText:
    """The unpacked text of a file."""
    return open_text(path, most=_MOST_UNPACKED, sentence=_NO_RECORD_YET)


def open_text(
    path: unpack.Openable, *, most: int, sentence: str, look: Callable[[], None] | None = None
) -> unpack.UnpackedText:
    """The unpacked text of a file, as of ``unpack.open_text``; of a Parquet file, its rows as JSON Lines."""
    if columnar.is_parquet(path):
        return columnar.open_text(path, most=most, sentence=sentence, look=look)
    return unpack.open_text(path, most=most, sentence=sentence, look=look)
