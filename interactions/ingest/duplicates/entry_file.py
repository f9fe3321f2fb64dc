"""The entries of an import by share, aside in a temporary file: an import of any size is compared share by share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from interactions.files import scratch
from interactions.ingest.duplicates import prints
from interactions.ingest.duplicates.prints import ENTRY


@dataclass(frozen=True, slots=True)
class EntriesByShare:
    """Entries by share, in order within each, and where each share ends: int64[shares + 1], the first is 0."""

    entries: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, entries: np.ndarray, shares: int) -> EntriesByShare:
        of = prints.share_of(entries["first"], shares)
        ends = np.concatenate(([0], np.cumsum(np.bincount(of, minlength=shares))))
        order = np.argsort(of.astype(np.min_scalar_type(shares)), kind="stable")  # small numbers are sorted by counting
        return cls(entries.take(order), ends)  # of such entries a tenth of what ``entries[order]`` takes


class EntryFile:
    """The entries of an import in a temporary file, to be read by share, in order within each.

    A context manager.
    """

    def __init__(self) -> None:
        self._ends: list[np.ndarray] = []  # where each share ends in each piece
        self._starts: list[int] = []  # where each piece starts
        self._file = tempfile.TemporaryFile(dir=scratch())  # noqa: SIM115 - the class is the context

    def add(self, partition: EntriesByShare) -> None:
        """Add the next entries."""
        self._starts.append(self._starts[-1] + int(self._ends[-1][-1]) if self._starts else 0)
        self._ends.append(partition.ends)
        self._file.write(partition.entries.tobytes())
        self._file.flush()  # as it's read past the buffer, by several threads

    def size(self, share: int) -> int:
        return sum(int(ends[share + 1] - ends[share]) for ends in self._ends)

    def pieces(self, share: int, most: int) -> Iterator[np.ndarray]:
        """The entries of a share; once there are more than ``most``, a piece of them."""
        held, count = [], 0
        for start, ends in zip(self._starts, self._ends, strict=True):
            begin, end = ends[share : share + 2].tolist()
            found = os.pread(self._file.fileno(), (end - begin) * ENTRY.itemsize, (start + begin) * ENTRY.itemsize)
            held.append(found)
            count += end - begin
            if count > most:
                yield np.frombuffer(b"".join(held), ENTRY)
                held, count = [], 0
        if count:
            yield np.frombuffer(b"".join(held), ENTRY)

    def __enter__(self) -> EntryFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
