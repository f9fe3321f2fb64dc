"""Find the end of a bracketed value of any length that is read in pieces.

A module of its own, because loading NumPy would slow down code that only looks at a file's beginning.
"""

from __future__ import annotations

import re

import numpy as np

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_QUOTE, _BACKSLASH = ord('"'), b"\\"
_OPENERS = np.zeros(256, np.int8)
_OPENERS[[ord("{"), ord("[")]] = 1
_OPENERS[[ord("}"), ord("]")]] = -1


class Tracker:
    """Tracks the nesting depth of a text read in pieces. The text must begin outside of any string."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._within = False
        self._held = b""  # a backslash at the end of a piece, which escapes the next byte

    def value_end(self, piece: bytes) -> int | None:
        """Take the next piece. Returns how many of its bytes belong to the value if it ends here, else None."""
        text, before = self._held + piece, len(self._held)
        whole = len(text) - (len(text) - len(text.rstrip(_BACKSLASH))) % 2
        self._held = text[whole:]
        codes = np.frombuffer(_ESCAPE.sub(b"__", text[:whole]), np.uint8)
        within = np.bitwise_xor.accumulate((codes == _QUOTE).view(np.uint8)).view(bool) ^ self._within
        steps = _OPENERS[codes]
        steps[within] = 0
        places = np.flatnonzero(steps)
        depths = np.cumsum(steps[places], dtype=np.int64) + self._depth
        if whole:
            self._within = bool(within[-1])
        if len(depths):
            self._depth = int(depths[-1])
        ended = np.flatnonzero(depths <= 0)
        return int(places[ended[0]]) + 1 - before if len(ended) else None
