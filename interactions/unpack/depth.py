"""How many objects each place of a JSON text stands in, for a text that comes in pieces."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_QUOTE, _LINE_END, _OPEN, _CLOSE = b'"\n{}'


class Depth:
    """Follows a text from place to place.

    JSON has no line breaks within strings, and an object that begins a line is taken for one that stands in no other:
    so what is damaged changes nothing on the lines that follow.
    """

    def __init__(self) -> None:
        self._before, self._is_within = 0, False

    def of(self, text: bytes) -> np.ndarray:
        """The number of objects that each byte of ``text``, which is next, stands in; one that opens counts itself."""
        codes = np.frombuffer(_ESCAPE.sub(b"__", text), np.uint8)
        places = np.arange(len(codes))
        breaks = codes == _LINE_END
        quotes = np.cumsum(codes == _QUOTE) + self._is_within
        at_line = np.maximum.accumulate(np.where(breaks, places, -1))
        within = (quotes - np.where(at_line < 0, 0, quotes[at_line])) & 1 == 1
        steps = (codes == _OPEN).astype(np.int64) - (codes == _CLOSE)
        steps[within] = 0
        depths = np.cumsum(steps) + self._before
        begins = np.flatnonzero(breaks[:-1] & (codes[1:] == _OPEN)) + 1
        outside = np.zeros(len(codes), np.int64)
        outside[begins] = depths[begins] - 1
        at_begin = np.zeros(len(codes), np.int64)
        at_begin[begins] = begins
        return depths - outside[np.maximum.accumulate(at_begin)]

    def pass_over(self, text: bytes, depths: np.ndarray) -> None:
        """Go on behind ``text``, which ``depths`` begins with and which does not end in the middle of an escape."""
        if text:
            self._before = int(depths[len(text) - 1])
            line = _ESCAPE.sub(b"__", text[text.rfind(b"\n") + 1 :])
            self._is_within = (line.count(b'"') + (self._is_within and b"\n" not in text)) % 2 == 1
