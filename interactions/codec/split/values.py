"""Split the inside of a valid JSON list into its values."""

from __future__ import annotations

from interactions.codec.split import windows
from interactions.codec.split.syntax import SEPARATORS, value_end
from interactions.codec.split.windows import RecordPiece, Window


class ListedValues:
    """The values of a valid list, given without its brackets, in the same way as ``Documents``."""

    def __init__(self, text: bytes) -> None:
        self._text, self._view = text, memoryview(text)
        self.offset = 0

    def lead(self) -> Window:
        """What precedes the first value: nothing."""
        return Window(b"", 0, 0, [])

    def text(self) -> bytes:
        """The text of the next window."""
        return self._text[self.offset : self.offset + windows.WINDOW_BYTES]

    def skip(self, size: int) -> None:
        """Skip ``size`` bytes of values that the scanner has read."""
        self.offset += size

    def may_end(self, text: bytes, start: int, end: int) -> bool:
        """Whether a value ends where its brackets match: the list is valid."""
        return True

    def next(self, most: int, *, waits: bool = False) -> Window | None:
        """At most ``most`` values that begin within the next window; None at the end.

        With ``waits``, an empty window is returned if the first value isn't complete in :meth:`text`.
        """
        start, pieces = self.offset, list[RecordPiece]()
        reach = min(len(self._text), start + windows.WINDOW_BYTES)
        place = self._separators(start)
        while place < reach and len(pieces) < min(most, windows.MOST_PIECES):
            end = value_end(self._view, place, len(self._text)).place or len(self._text)
            if waits and end > reach:
                break
            pieces.append(RecordPiece(place, end))
            place = self._separators(end)
        self.offset = place
        return Window(self._text, 0, place - start, pieces) if start < len(self._text) else None

    def _separators(self, place: int) -> int:
        return SEPARATORS.match(self._text, place).end()  # type: ignore[union-attr]  # it matches nothing, too
