"""The text of a file that need not be whole: one that is still arriving, or was cut short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from interactions.errors import FileRefused
from interactions.unpack import open_text

_MOST: Final = 4 << 20  # bytes at a time


def readable(path: Path) -> Iterator[bytes]:
    """All the file's text, unpacked as far as that is possible; in pieces of 4 MB at most. Raises OSError."""
    try:
        with open_text(path, everything=True) as text:
            while piece := text.read(_MOST):
                yield piece
    except FileRefused:
        return
