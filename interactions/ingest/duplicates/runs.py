"""Runs of the index of fingerprints: memory-mapped files of entries sorted by their first word, written once.

A file has three columns one after another: the first words, the REST of each entry, and the IDS of entries with a uuid.
What has fields is picked by ``take``, ``put`` and ``compress``, which copy bytes: indexing copies field by field.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple

import msgspec
import numpy as np

from interactions.ingest.duplicates.groups import changes
from interactions.ingest.duplicates.prints import IDS, have_uuids

REST: Final = np.dtype([("second", "<u8"), ("part", "<u4"), ("more", "<u4")])
"""``part`` is the number of the part that holds the record; ``more`` the number of copies in it or, for records with a
uuid, the position of their ids.
"""
_WORD: Final = np.dtype("<u8")
_AT_ONCE: Final = 4096  # lookups before mapped pages are released
_PIECE: Final = 64_000  # entries merged at once
_HUGE_PAGE: Final = 2 << 20  # bytes


class RunFile(msgspec.Struct, frozen=True):
    """A run: its file name, the number of entries, and how many of them have a uuid."""

    name: str
    rows: int
    uuids: int


class Columns(NamedTuple):
    """Entries in the order of a run: ``first`` (uint64), ``rest`` (REST) and ``ids`` (IDS) of those with a uuid."""

    first: np.ndarray
    rest: np.ndarray
    ids: np.ndarray


@dataclass(frozen=True, slots=True)
class Copies:
    """What the table holds of each record in a lookup.

    ``copies`` counts them, ``brought`` says whether an import added any, ``ids`` are those of a record with this uuid.
    """

    copies: np.ndarray
    brought: np.ndarray
    ids: np.ndarray

    @classmethod
    def nothing(cls, rows: int) -> Copies:
        return cls(np.zeros(rows, np.int64), np.zeros(rows, bool), np.zeros(rows, IDS))


def columns_of(entries: np.ndarray, parts: np.ndarray) -> Columns:
    """Sort entries (ENTRY) with these part numbers, and combine equal entries of the same part."""
    first, second = entries["first"], entries["second"]
    order = np.argsort(first, kind="stable")
    if not changes(first[order]).all():
        order = np.lexsort((parts, second, first))
    first, second, parts = first[order], second[order], parts[order]
    heads = np.flatnonzero(changes(first) | changes(second) | changes(parts))
    rest = np.empty(len(heads), REST)
    rest["second"], rest["part"] = second[heads], parts[heads]
    rest["more"] = np.diff(heads, append=len(first))
    return _with_places(first[heads], rest, entries["ids"], order[heads])


def _with_places(first: np.ndarray, rest: np.ndarray, ids: np.ndarray, order: np.ndarray) -> Columns:
    """``ids`` are those of all entries; ``order`` is where these entries are among them."""
    by_uuid = np.flatnonzero(have_uuids(rest["second"]))
    rest["more"][by_uuid] = np.arange(len(by_uuid))
    return Columns(first, rest, ids.take(order[by_uuid]))


class RunWriter:
    """Writes a run from first to last entry. A context manager; on exit the file is durable."""

    def __init__(self, path: Path, rows: int, uuids: int) -> None:
        self._file = path.open("wb")
        starts, self._uuids = _starts(rows), 0
        os.truncate(self._file.fileno(), starts[2] + uuids * IDS.itemsize)
        self._columns = [_ColumnWriter(self._file, start) for start in starts]

    def add(self, columns: Columns) -> None:
        """Append entries, whose id positions count from the first of ``columns``."""
        columns.rest["more"][have_uuids(columns.rest["second"])] += np.uint32(self._uuids)
        self._uuids += len(columns.ids)
        for writer, column in zip(self._columns, columns, strict=True):
            writer.add(np.ascontiguousarray(column).view(np.uint8).data)

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                for column in self._columns:
                    column.flush()
                self._file.flush()
                os.fsync(self._file.fileno())


class _ColumnWriter:
    """Writes a column of a file in whole huge pages, as far as it has any.

    What is written at once lies in one page of the file system's cache, and is mapped at once: 10,000 look-ups in a run
    of 100 million entries take a third of the time that they take where it was written a megabyte at a time.
    """

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._at, self._held = file, start, bytearray()

    def add(self, data: memoryview) -> None:
        self._held += data
        if len(self._held) >= 2 * _HUGE_PAGE:
            self._write((self._at + len(self._held)) // _HUGE_PAGE * _HUGE_PAGE - self._at)

    def flush(self) -> None:
        self._write(len(self._held))

    def _write(self, size: int) -> None:
        self._file.seek(self._at)
        self._file.write(memoryview(self._held)[:size])
        self._at, self._held = self._at + size, self._held[size:]


class FingerprintRun:
    """A memory-mapped run."""

    def __init__(self, folder: Path, file: RunFile) -> None:
        """Raises FileNotFoundError."""
        with (folder / file.name).open("rb") as opened:
            self._mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        self._mapped.madvise(mmap.MADV_RANDOM)
        _, rest, ids = _starts(file.rows)
        self.first = np.frombuffer(self._mapped, _WORD, file.rows)
        self.rest = np.frombuffer(self._mapped, REST, file.rows, rest)
        self.ids = np.frombuffer(self._mapped, IDS, file.uuids, ids)

    def find(
        self, first: np.ndarray, second: np.ndarray, alive: np.ndarray, brought: np.ndarray, found: Copies
    ) -> None:
        """Add the run's matches for records with these words, sorted by the first word, to ``found``.

        By part number, ``alive`` is whether it's in the table, ``brought`` whether an import added any of it.
        """
        from interactions.compiled import sorted_words  # with Numba, which processes that only answer calls don't need

        for start in range(0, len(first), _AT_ONCE):
            here = slice(start, start + _AT_ONCE)
            begins = np.empty(len(first[here]), np.int64)
            sorted_words.places(self.first, first[here], begins)
            inside = begins < len(self.first)
            inside[inside] = self.first[begins[inside]] == first[here][inside]
            asked = np.flatnonzero(inside)
            counts = _counts(self.first, begins[asked])
            places = np.repeat(begins[asked] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
            asked = np.repeat(asked, counts) + start
            rest = self.rest[places]
            held = (rest["second"] == second[asked]) & alive[rest["part"]]
            self._add(asked[held], rest.compress(held), brought, found)
            self.release()

    def _add(self, asked: np.ndarray, rest: np.ndarray, brought: np.ndarray, found: Copies) -> None:
        by_uuid = have_uuids(rest["second"])
        np.add.at(found.copies, asked, np.where(by_uuid, np.int64(1), rest["more"]))
        found.brought[asked[brought[rest["part"]]]] = True
        found.ids.put(asked[by_uuid], self.ids.take(rest["more"][by_uuid]))

    def columns(self, here: slice, alive: np.ndarray) -> Columns:
        """A copy of a slice of its entries, without those of parts that aren't in the table."""
        rest = self.rest[here]
        living = alive[rest["part"]]
        rest = rest.compress(living)
        ids = np.zeros(len(rest), IDS)
        by_uuid = np.flatnonzero(have_uuids(rest["second"]))
        ids.put(by_uuid, self.ids.take(rest["more"][by_uuid]))
        return Columns(self.first[here][living], rest, ids)

    def living(self, alive: np.ndarray) -> tuple[int, int]:
        """The number of entries of parts in the table, and how many of them have a uuid."""
        rows = uuids = 0
        for start in range(0, len(self.first), _PIECE):
            rest = self.rest[start : start + _PIECE]
            living = alive[rest["part"]]
            rows += int(np.count_nonzero(living))
            uuids += int(np.count_nonzero(have_uuids(rest["second"]) & living))
            self.release()
        return rows, uuids

    def release(self) -> None:
        """Release mapped pages; they are read again on access."""
        self._mapped.madvise(mmap.MADV_DONTNEED)


def write(path: Path, columns: Columns) -> RunFile:
    """Write entries as a run, which is durable once its folder is synced."""
    file = RunFile(path.name, len(columns.first), len(columns.ids))
    with RunWriter(path, file.rows, file.uuids) as draft:
        draft.add(columns)
    return file


def merge(
    path: Path, runs: Sequence[FingerprintRun], alive: np.ndarray, tell: Callable[[], object] = lambda: None
) -> RunFile | None:
    """Merge several runs into one, without entries of parts that aren't in the table; None if none are left.

    ``tell`` is called regularly.
    """
    rows, uuids = map(sum, zip(*(run.living(alive) for run in runs), strict=True))
    if not rows:
        return None
    pieces = -(-rows // _PIECE)
    bounds = (np.arange(1, pieces, dtype=object) * (1 << 64) // pieces).astype(np.uint64)
    cuts = [np.concatenate(([0], np.searchsorted(run.first, bounds), [len(run.first)])) for run in runs]
    with RunWriter(path, rows, uuids) as draft:
        for piece in range(pieces):
            several = [run.columns(slice(*cut[piece : piece + 2]), alive) for run, cut in zip(runs, cuts, strict=True)]
            first, rest, ids = (np.concatenate(column) for column in zip(*several, strict=True))
            order = np.argsort(first, kind="stable")
            draft.add(_with_places(first[order], rest[order], ids, order))
            for run in runs:
                run.release()
            tell()
    return RunFile(path.name, rows, uuids)


def _counts(ordered: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """How many words are equal to those at ``begins``, the first ones of their kind, with these."""
    counts, last = np.ones(len(begins), np.int64), len(ordered) - 1
    more = np.arange(len(begins))
    while len(more):  # hardly any has a second
        after = begins[more] + counts[more]
        is_equal = (after <= last) & (ordered[np.minimum(after, last)] == ordered[begins[more]])
        more = more[is_equal]
        counts[more] += 1
    return counts


def _starts(rows: int) -> tuple[int, int, int]:
    """The byte offsets of the columns in a file."""
    return 0, rows * _WORD.itemsize, rows * (_WORD.itemsize + REST.itemsize)
