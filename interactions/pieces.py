"""A file to read that consists of pieces in an object store, fetched by range and, while it's read on, in advance."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing_extensions import Buffer

Fetch = Callable[[str, int, int], "Buffer"]
"""Gets so many bytes of an object: its key, where they start in it, and how many."""

_READS_ON: Final = 1 << 20  # bytes at once that only who reads on asks for
_TAIL: Final = 256 << 10  # bytes of the range before that are kept: who reads records returns to the start of one


@dataclass(frozen=True, slots=True)
class Piece:
    """An object that holds ``size`` bytes of a file, from ``start`` on."""

    start: int
    size: int
    key: str


@dataclass(frozen=True, slots=True)
class PieceRange:
    """Bytes of a piece: where they start in the file, and the arguments of Fetch."""

    at: int
    key: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """How much is fetched at once, in bytes: at first, and at most. Nothing is fetched in advance from ``end`` on."""

    least: int = 0
    most: int = 0
    end: int | None = None


class PiecesReader(io.RawIOBase):
    """Reads pieces by range. A range is twice as large as the last one if reading goes on where that ended.

    So who looks here and there fetches little, and who reads on waits seldom: once ranges are as large as they get,
    the next one is fetched by a thread while the last one is read. Two ranges are in memory.
    """

    def __init__(self, fetch: Fetch, pieces: Sequence[Piece], ahead: ReadAhead) -> None:
        self._fetch, self._pieces = fetch, [piece for piece in pieces if piece.size]
        self._starts = [piece.start for piece in self._pieces]
        self._size = sum(piece.size for piece in self._pieces)
        self._end = self._size if ahead.end is None else min(ahead.end, self._size)
        self._at = 0
        self._bounds, self._ahead = ahead, ahead.least
        self._tail = b""  # ends where the held range starts
        self._held, self._held_at = memoryview(b""), 0
        self._thread: ThreadPoolExecutor | None = None
        self._next: tuple[PieceRange, Future[Buffer]] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("A file has no place before its start.")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Buffer, /) -> int:
        room = memoryview(buffer).cast("B")
        if not len(room) or self._at >= self._size:
            return 0
        found = self._found()[: len(room)]
        if not len(found):
            self._advance(len(room))
            found = self._found()[: len(room)]
        room[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
        self._next, self._held, self._tail = None, memoryview(b""), b""
        super().close()

    def _found(self) -> memoryview:
        """What is in memory from the position on; empty if nothing is."""
        within = self._at - self._held_at
        if within >= 0:
            return self._held[within:]
        return memoryview(self._tail)[within:] if -within <= len(self._tail) else memoryview(b"")

    def _advance(self, wanted: int) -> None:
        """Have the range at the position in memory."""
        goes_on = len(self._held) > 0 and self._at == self._held_at + len(self._held)
        if wanted >= _READS_ON:
            self._ahead = max(self._ahead, self._bounds.most)
        else:
            self._ahead = min(2 * self._ahead, self._bounds.most) if goes_on else self._bounds.least
        self._tail = bytes(self._held[-_TAIL:]) if goes_on else b""
        self._held, self._held_at = memoryview(b""), self._at  # so that it isn't in memory while another is fetched
        self._held = memoryview(self._content(self._range(self._at, wanted)))
        next_at = self._held_at + len(self._held)
        if self._bounds.most and self._ahead == self._bounds.most and next_at < self._end:
            self._begin(self._range(next_at, 0))

    def _range(self, at: int, wanted: int) -> PieceRange:
        piece = self._pieces[bisect_right(self._starts, at) - 1]
        within = at - piece.start
        advance = min(self._ahead, self._end - at) if at < self._end else self._bounds.least
        return PieceRange(at, piece.key, within, min(max(wanted, advance), piece.size - within))

    def _content(self, asked: PieceRange) -> Buffer:
        """The bytes of a range, or of the one at the same place that was fetched in advance."""
        coming, self._next = self._next, None
        if coming is not None and coming[0].at == asked.at:
            return coming[1].result()
        return self._fetch(asked.key, asked.start, asked.size)

    def _begin(self, wanted: PieceRange) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading ahead")
        self._next = wanted, self._thread.submit(self._fetch, wanted.key, wanted.start, wanted.size)
