"""The windows of a file that has one record a line."""

from __future__ import annotations

from interactions.codec import windows
from interactions.codec.windows import Piece, Text, Window


class LineWindows(Text):
    """One record a line: JSON never has a line break within a string, so every break is a seam."""

    def next(self) -> Window | None:
        size = windows.WINDOW_BYTES
        while True:
            self._fill(size)
            if not self._held:
                return None
            last = self._all_read and len(self._held) <= size
            cut = len(self._held) if last else self._held.rfind(b"\n", 0, size) + 1
            if cut:
                return self._take(cut)
            if size > self._longest:
                return self._pass_line()
            size *= 2

    def follow(self) -> Window:
        text = self._give_back()
        pieces: list[Piece] = []
        start = 0
        while start < len(text) and len(pieces) < windows.MOST_PIECES:
            end = text.find(b"\n", start)
            end = len(text) if end < 0 else end
            if text[start:end].strip(windows.BLANK):
                pieces.append(self._piece(start, end))
            start = end + 1
        return self._take(min(start, len(text)), pieces)

    def _pass_line(self) -> Window:
        for offset, chunk in self._chunks():
            end = chunk.find(b"\n") + 1
            if end:
                return self._pass_over(self._too_large, offset + end, chunk[end:])
        return self._pass_over(self._too_large, self._at, b"")
