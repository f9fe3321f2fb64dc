"""A text of any encoding as UTF-8, made as it is read; what is no character is marked, so that its row is refused."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Final

from interactions.unpack import Readable

MARK: Final = "\uffff"
"""Stands for bytes that are no character: no text holds it, as Unicode has kept it free for such use."""
UTF_8: Final = "utf-8"
WINDOWS: Final = "windows-1252"
ENCODINGS: Final = (
    WINDOWS, UTF_8, "iso-8859-15", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "mac-roman",
    "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr",
)  # fmt: skip
"""What a text may be in that is no UTF-8: nothing in it says so, so you are asked."""
_ERRORS: Final = "dojo-marked"
_BOM: Final = "\ufeff"

codecs.register_error(_ERRORS, lambda error: (MARK, error.end))  # type: ignore[attr-defined]


class Utf8(io.RawIOBase):
    """Reads a text in ``encoding`` as UTF-8 without its byte order mark. ``taken`` counts the bytes given so far, and
    ``is_marked`` says whether a MARK was among them."""

    def __init__(self, text: Readable, encoding: str = "utf-8") -> None:
        super().__init__()
        self._text = text
        self._decoder = codecs.getincrementaldecoder(encoding)(_ERRORS)
        self._is_utf_8 = codecs.lookup(encoding).name == "utf-8"
        self._held = b""
        self._ended = self._begun = False
        self.taken = 0
        self.is_marked = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """``size`` bytes, fewer only at the end; all there are where it is negative."""
        parts: list[bytes] = []
        left = size if size >= 0 else sys.maxsize
        while left and (self._held or self._fill()):
            parts.append(self._held[:left])
            self._held = self._held[left:]
            left -= len(parts[-1])
        self.taken += sum(map(len, parts))
        return b"".join(parts)

    def _fill(self) -> bool:
        """Hold a piece; False at the end."""
        while not self._held and not self._ended:
            self._held = self._next()
        return bool(self._held)

    def _next(self) -> bytes:
        piece = self._text.read(1 << 20) or b""
        self._ended = not piece
        if self._begun and self._is_utf_8 and piece.isascii() and not self._decoder.getstate()[0]:
            return piece
        text = self._decoder.decode(piece, final=self._ended)
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix(_BOM)
        self.is_marked = self.is_marked or MARK in text
        return text.encode(errors="replace")


def encoding_of(head: bytes) -> str:
    """The encoding of a text that begins with ``head``; empty where it is no UTF-8, as nothing tells the others."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return ""
    return UTF_8
