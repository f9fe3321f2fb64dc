"""Convert text of any encoding to UTF-8 while it's read. Invalid bytes are marked, so that their row is refused."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Final

from interactions.unpack import Readable

MARK: Final = "\uffff"
"""Replaces invalid bytes. It's a Unicode noncharacter, so no text contains it."""
UTF_8: Final = "utf-8"
WINDOWS: Final = "windows-1252"
ENCODINGS: Final = (
    WINDOWS, UTF_8, "iso-8859-15", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "mac-roman",
    "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr",
)  # fmt: skip
"""Encodings to choose from for text that isn't UTF-8. They can't be detected, so Dojo asks."""
_MARK: Final = MARK.encode()
_ERRORS: Final = "dojo-marked"
_BOM: Final = "\ufeff"

codecs.register_error(_ERRORS, lambda error: (MARK, error.end))  # type: ignore[attr-defined]


class Utf8(io.RawIOBase):
    """Reads text in ``encoding`` as UTF-8 without a byte order mark.

    ``taken`` counts the bytes read so far, and ``is_marked`` says whether they include a MARK.
    """

    def __init__(self, text: Readable, encoding: str = "utf-8") -> None:
        super().__init__()
        self._text = text
        self._decoder = codecs.getincrementaldecoder(encoding)(_ERRORS)
        self._is_utf_8 = codecs.lookup(encoding).name == "utf-8"
        self._held = self._rest = b""
        self._ended = self._begun = False
        self.taken = 0
        self.is_marked = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Read ``size`` bytes, fewer only at the end; all if it's negative."""
        parts: list[bytes] = []
        left = size if size >= 0 else sys.maxsize
        while left and (self._held or self._fill()):
            parts.append(self._held[:left])
            self._held = self._held[left:]
            left -= len(parts[-1])
        self.taken += sum(map(len, parts))
        return b"".join(parts)

    def _fill(self) -> bool:
        """Read the next piece into the buffer; returns False at the end."""
        while not self._held and not self._ended:
            self._held = self._next()
        return bool(self._held)

    def _next(self) -> bytes:
        piece = self._text.read(1 << 20) or b""
        self._ended = not piece
        if self._begun and self._is_utf_8 and not self._decoder.getstate()[0]:
            piece = self._rest + piece
            end = len(piece) if self._ended else _whole(piece)
            whole, self._rest = piece[:end], piece[end:]
            if _is_valid(whole):
                return whole
            self._rest = b""
        text = self._decoder.decode(piece, final=self._ended)
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix(_BOM)
        self.is_marked = self.is_marked or MARK in text
        return text.encode(errors="replace")


def _whole(piece: bytes) -> int:
    """Where the last character of a text in UTF-8 ends that is whole in this piece."""
    for back in range(1, min(4, len(piece)) + 1):
        first = piece[-back]
        if first & 0xC0 != 0x80:  # not a byte within a character
            length = 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
            return len(piece) - back if length > back else len(piece)
    return len(piece)


def _is_valid(piece: bytes) -> bool:
    """Whether a piece is UTF-8 without a mark, which Arrow tells many times as fast as a decoder."""
    import numpy as np
    import pyarrow as pa

    if piece.isascii():
        return True
    offsets = pa.py_buffer(np.array([0, len(piece)], np.int32))
    text = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(piece))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return _MARK[:1] not in piece or _MARK not in piece  # to look for one byte is several times as fast


def encoding_of(head: bytes) -> str:
    """The encoding of text that begins with ``head``; empty if it isn't UTF-8, because others can't be detected."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return ""
    return UTF_8
