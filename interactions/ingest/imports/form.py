"""Detect from its first bytes how a file is packed, how its records are laid out, and which tool wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from interactions import connectors, unpack
from interactions.codec import source
from interactions.errors import FileRefused
from interactions.ingest.imports.other_forms import other_form

NO_RECORDS = "The file has no records."
_MOST_UNPACKED = 256 << 20  # bytes unpacked for detection at most
_NO_RECORD_YET = "The first 256 MB of the unpacked file have no records. Pack the file of records alone."
_FOREIGN_BYTES = 64 << 10  # bytes in which formats of other tools are recognized
_SOURCE_BYTES = 1 << 20  # bytes in which a source of events is recognized
OWN = connectors.dojo.NAME
TABLES = frozenset({"CSV", "TSV", "Excel", "Parquet", "JSON"})
"""Formats of tables. Their imports need a mapping."""
_BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class FileForm:
    """The layout of a file's records, its layers of packing, and the source of its events; "" for Dojo's own."""

    shape: source.Shape
    layers: str
    connector: str


def form_of(path: Path, *, connector: str = "") -> FileForm:
    """Detect the form of a file. Raises FileRefused if it can't be imported.

    ``connector`` names its source if it's known.
    """
    with opened(path) as file:
        head = unpack.read(file, _SOURCE_BYTES)
    if len(head) < _FOREIGN_BYTES and not head.strip(_BLANK):
        raise FileRefused(NO_RECORDS)
    connector = connector or _recognised(head)
    if connector in ("", OWN) and (foreign := other_form(head[:_FOREIGN_BYTES])) is not None:
        raise FileRefused(foreign)
    with opened(path) as file:
        is_own = connector in ("", OWN)
        return FileForm(source.shape_of(file, of_any=not is_own), file.layers, "" if is_own else connector)


def _recognised(head: bytes) -> str:
    """The source of a file of events; empty if it isn't recognized."""
    found = connectors.recognised(head, is_whole=len(head) < _SOURCE_BYTES)
    return found.source.NAME if found is not None else ""


def opened(path: Path) -> unpack.UnpackedText:
    """The unpacked text of a file."""
    return unpack.open_text(path, most=_MOST_UNPACKED, sentence=_NO_RECORD_YET)
