"""The nesting depth at each position of a JSON text that comes in pieces."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_QUOTE, _LINE_END, _OPEN, _CLOSE = b'"\n{}'


class Depth:
    """Tracks the depth through a text.

    JSON has no line breaks in strings, and an object at the start of a line counts as top-level. So damage doesn't
    affect the following lines.
    """

    def __init__(self) -> None:
        self._before, self._is_within = 0, False

    def of(self, text: bytes) -> np.ndarray:
        """The number of objects around each byte of the next ``text``; an opening brace counts itself."""
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
        """Advance past ``text``, whose depths are the start of ``depths``, and which doesn't end within an escape."""
        if text:
            self._before = int(depths[len(text) - 1])
            line = _ESCAPE.sub(b"__", text[text.rfind(b"\n") + 1 :])
            self._is_within = (line.count(b'"') + (self._is_within and b"\n" not in text)) % 2 == 1
