"""Keep a reader from reading far ahead of what is taken from it: Arrow's reader of CSV holds up to 32 blocks."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from interactions.unpack import Readable

Batch = TypeVar("Batch")

_LONGEST_WAIT: Final = 1.0  # seconds


class Ahead(io.RawIOBase):
    """A stream of which ``blocks`` are read, and one more for each batch that was taken; a block is a call of ``read``.

    The reader runs in a thread of its own and waits there, but not for good: who gives up a reader waits for its
    thread to come back.
    """

    def __init__(self, text: Readable, blocks: int) -> None:
        super().__init__()
        self._text = text
        self._free = threading.Semaphore(blocks)
        self._is_stopped = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._free.acquire(timeout=_LONGEST_WAIT)
        return b"" if self._is_stopped else self._text.read(size) or b""

    def counted(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The batches that the reader makes, of a block each."""
        try:
            for batch in batches:
                self._free.release()
                yield batch
        finally:
            self._is_stopped = True
            self._free.release()
