"""Progress of a command: at most one line per second."""

from __future__ import annotations

import time
from typing import Final, Protocol

_SECONDS: Final = 1.0


class Writable(Protocol):
    """The output of a command, as Django provides it."""

    def write(self, line: str, /) -> object: ...
    def flush(self) -> object: ...


class CommandProgress:
    """Writes sentences to ``output``, without those that follow another too soon; the last is always written."""

    def __init__(self, output: Writable) -> None:
        self._output = output
        self._said = 0.0

    def __call__(self, sentence: str, *, is_last: bool = False) -> None:
        now = time.monotonic()
        if is_last or now - self._said >= _SECONDS:
            self._said = now
            self._output.write(sentence)
            self._output.flush()
