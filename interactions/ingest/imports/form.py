"""What a file is by its first bytes: how it is packed, how records stand in it, and which tool wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from interactions import connectors, unpack
from interactions.codec import source
from interactions.errors import FileRefused
from interactions.ingest.imports.other_forms import other_form

NO_RECORDS = "The file has no records."
_MOST_UNPACKED = 256 << 20  # bytes that a first look may unpack
_NO_RECORD_YET = "The first 256 MB of the unpacked file have no records. Pack the file of records alone."
_FOREIGN_BYTES = 64 << 10  # that tell the forms of other tools
_SOURCE_BYTES = 1 << 20  # that tell a source of events
OWN = connectors.dojo.NAME
TABLES = frozenset({"CSV", "TSV", "Excel", "Parquet", "JSON"})
"""What tables are called, and so the format of an import that needs a mapping."""
_BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class Form:
    """How records stand in a file, the layers of its packing, and the source of its events; "" for Dojo's own form."""

    shape: source.Shape
    layers: str
    connector: str


def form_of(path: Path, *, connector: str = "") -> Form:
    """What a file is. Raises FileRefused where it cannot be imported.

    ``connector`` names its source where that is known; else it is recognised.
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
        return Form(source.shape_of(file, of_any=not is_own), file.layers, "" if is_own else connector)


def _recognised(head: bytes) -> str:
    """The source of a file of events, but not where its first lines are records of Dojo's own."""
    found = connectors.recognised(head, is_whole=len(head) < _SOURCE_BYTES)
    return found.source.NAME if found is not None else ""


def opened(path: Path) -> unpack.UnpackedText:
    """The text of a file, with its packing taken off."""
    return unpack.open_text(path, most=_MOST_UNPACKED, sentence=_NO_RECORD_YET)
