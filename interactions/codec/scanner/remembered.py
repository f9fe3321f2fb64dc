"""A cache for parsed texts that repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Remembered(dict[bytes, T]):
    """Maps a text to ``read(text)``, which may raise.

    At most ``most`` texts of at most ``longest`` bytes are cached, to bound memory; others are read each time.
    """

    def __init__(self, read: Callable[[bytes], T], *, most: int, longest: int) -> None:
        super().__init__()
        self._read, self._most, self._longest = read, most, longest

    def __missing__(self, text: bytes) -> T:
        made = self._read(text)
        if len(text) <= self._longest:
            if len(self) > self._most:
                self.clear()
            self[text] = made
        return made
