"""What a file is by its first bytes: how it is packed, and how records stand in it."""

from __future__ import annotations

from pathlib import Path

from interactions import unpack
from interactions.codec import source
from interactions.codec.foreign import other_form
from interactions.errors import FileRefused

NO_RECORDS = "The file has no records."
_MOST_UNPACKED = 256 << 20  # bytes that a first look may unpack
_NO_RECORD_YET = "The first 256 MB of what is packed hold no record: pack the file of records alone."
_FOREIGN_BYTES = 64 << 10  # that tell the forms of other tools
_BLANK = b"\xef\xbb\xbf \t\r\n"


def form_of(path: Path) -> tuple[source.Shape, str]:
    """How records stand in the file, and the layers of its packing. Raises FileRefused where it cannot be imported."""
    with opened(path) as file:
        head = unpack.read(file, _FOREIGN_BYTES)
    if len(head) < _FOREIGN_BYTES and not head.strip(_BLANK):
        raise FileRefused(NO_RECORDS)
    if (foreign := other_form(head)) is not None:
        raise FileRefused(foreign)
    with opened(path) as file:
        return source.shape_of(file), file.layers


def opened(path: Path) -> unpack.Text:
    """The text of a file, whatever it is packed in."""
    return unpack.open_text(path, most=_MOST_UNPACKED, sentence=_NO_RECORD_YET)
