"""Find the records of an import that are in the data set already.

A record that carries a uuid is the same record wherever that uuid comes again. Of the others, a file may hold equal
ones on purpose, so the n-th copy in the import is matched with the n-th copy in the table: what goes beyond the
copies in the table is new. Fingerprints are compared by all their bits, a share of the import's at a time, so that
an import may be of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from interactions.ingest.imports import fingerprints
from interactions.ingest.imports.groups import Groups
from interactions.ingest.imports.repeated import are_there, known_among
from interactions.ingest.imports.untimed import find_untimed
from interactions.warehouse.lake import Part
from interactions.warehouse.overlaps import COLUMNS
from interactions.warehouse.parts import part_writer

_SHARE = 750_000  # records of an import that are looked for at once; each takes some 40 bytes
# A share of more has many that are equal, as fingerprints are spread evenly: of them each different one is held once.
_LARGEST = 2 * _SHARE


@dataclass(frozen=True, slots=True)
class Sifted:
    """The parts without what was there already, and how many records that was."""

    parts: list[Part]
    duplicates: int


def sift(mine: Sequence[Part], theirs: Sequence[Part], *, untimed: bool, note: Callable[[pa.Table], object]) -> Sifted:
    """Leave out of the parts ``mine``, at least one, what the table's parts ``theirs`` hold.

    ``note`` is given what is left out, with the columns of ``warehouse.overlaps``.

    Only parts of the same time are looked at, unless some records came without one (``untimed``): those have the
    time at which they were received, which tells nothing of their copies. Nor does the time of a record that has a
    uuid. Parts are written anew beside the old ones, which stay as they are, so that this can be done again.
    """
    has_uuids = _has_uuids(mine)
    if not untimed and not has_uuids:
        first, last = min(part.first for part in mine), max(part.last for part in mine)
        theirs = [part for part in theirs if part.first <= last and first <= part.last]
    if not theirs and not has_uuids:
        return Sifted(list(mine), 0)
    own = find_untimed(mine, theirs)
    known = _find(own, theirs, sum(part.rows for part in mine))
    kept, duplicates, base = [], 0, 0
    for part, file in zip(mine, own, strict=True):
        is_known = known.of(base, part.rows)
        count = int(np.count_nonzero(is_known))
        if count:
            for left_out in _left_out(part, file, is_known):
                note(left_out)
        if count == 0:
            kept.append(part)
        elif count < part.rows:
            kept.append(_without(part, is_known))
        duplicates += count
        base += part.rows
    return Sifted(kept, duplicates)


class _Marks:
    """A bit for each record of an import, whatever its size."""

    def __init__(self, rows: int) -> None:
        self._bits = np.zeros(rows // 8 + 1, np.uint8)

    def add(self, rows: np.ndarray) -> None:
        np.bitwise_or.at(self._bits, rows >> 3, np.uint8(1) << (rows & 7).astype(np.uint8))

    def of(self, first: int, rows: int) -> np.ndarray:
        """Whether each of so many records from ``first`` on is marked."""
        bits = np.unpackbits(self._bits[first >> 3 : (first + rows >> 3) + 1], bitorder="little")
        return bits[first & 7 :][:rows].astype(bool)


def _has_uuids(parts: Sequence[Part]) -> bool:
    return any(fingerprints.are_by_uuid(words[:, 0]).any() for part in parts for words in fingerprints.read(part.path))


def _find(own: Sequence[Path], theirs: Sequence[Part], rows: int) -> _Marks:
    """Which of the records, whose fingerprints lie in the files ``own``, are there already."""
    known = _Marks(rows)
    shares = -(-rows // _SHARE)
    for share, size in enumerate(_sizes(own, shares) if shares > 1 else [rows]):
        if size > _LARGEST:
            for found in known_among(partial(_rows, own, share, shares), partial(_copies, theirs, share, shares)):
                known.add(found)
        elif size:
            numbers = np.empty(size, np.min_scalar_type(rows))
            known.add(numbers[_known_of(share, shares, own, theirs, numbers)])
    return known


def _known_of(share: int, shares: int, own: Sequence[Path], theirs: Sequence[Part], numbers: np.ndarray) -> np.ndarray:
    """Which records of one share are there already, by their place in ``numbers``, which is filled with theirs."""
    first, second = _gather(share, shares, own, numbers)
    groups = Groups([first, second])
    del first
    there, nth = _copies(theirs, share, shares, groups)[groups.start], groups.nth()
    by_uuid = fingerprints.are_by_uuid(second)[groups.rows]
    known: np.ndarray = groups.rows[are_there(by_uuid, there, nth)]
    return known


def _copies(theirs: Sequence[Part], share: int, shares: int, groups: Groups) -> np.ndarray:
    """How many records of the table are in each group, at the place of its start."""
    copies = np.zeros(len(groups.rows), np.uint32)
    for part in theirs:
        for words in fingerprints.read(part.path):
            words = words[_rows_of(share, shares, words)] if shares > 1 else words
            np.add.at(copies, groups.find([words[:, 1], words[:, 0]])[1], 1)
    return copies


def _rows(own: Sequence[Path], share: int, shares: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The numbers of the records of one share in their order, and their words, a piece at a time."""
    base = 0
    for path in own:
        for words in fingerprints.read(path):
            rows = _rows_of(share, shares, words)
            yield base + rows, words[rows]
            base += len(words)


def _sizes(files: Sequence[Path], shares: int) -> np.ndarray:
    """How many records there are of each share."""
    sizes = np.zeros(shares, np.int64)
    for path in files:
        for words in fingerprints.read(path):
            sizes += np.bincount(fingerprints.share_of(words, shares), minlength=shares)
    return sizes


def _gather(share: int, shares: int, files: Sequence[Path], numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The words of the fingerprints of one share, in the order of its records, whose numbers go into ``numbers``.

    First the second words, without the mark that is the same in half of them or all.
    """
    first, second = np.empty(len(numbers), np.uint64), np.empty(len(numbers), np.uint64)
    base = at = 0
    for path in files:
        for words in fingerprints.read(path):
            rows = _rows_of(share, shares, words)
            here = slice(at, at + len(rows))
            numbers[here] = base + rows
            second[here], first[here] = words[rows].T
            base += len(words)
            at += len(rows)
    return first, second


def _rows_of(share: int, shares: int, words: np.ndarray) -> np.ndarray:
    return np.flatnonzero(fingerprints.share_of(words, shares) == share)


def _left_out(part: Part, file: Path, is_known: np.ndarray) -> Iterator[pa.Table]:
    """What is left out of a part, by the fingerprints in ``file``, as the table knows it by those."""
    words = fingerprints.changed(file) if file != part.path else None
    base = 0
    with pq.ParquetFile(part.path) as source:
        for batch in source.iter_batches(fingerprints.ROWS, columns=COLUMNS, use_threads=False):
            chosen = is_known[base : base + batch.num_rows]
            table = pa.Table.from_batches([batch]).select(COLUMNS)
            if words is not None:
                table = table.set_column(
                    0, COLUMNS[0], fingerprints.fingerprints_of(words[base : base + batch.num_rows])
                )
            yield table.filter(pa.array(chosen))
            base += batch.num_rows


def _without(part: Part, is_known: np.ndarray) -> Part:
    """The part less some rows, as a new file, a row group at a time."""
    path = part.path.with_name(f"{part.path.stem}-kept.parquet")
    base = 0
    with pq.ParquetFile(part.path) as source, part_writer(path) as writer:
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            kept = table.filter(pa.array(~is_known[base : base + table.num_rows]))
            if kept.num_rows:
                writer.write_table(kept, row_group_size=kept.num_rows)
            base += table.num_rows
    return Part(path, path.stat().st_size, part.rows - int(is_known.sum()), part.first, part.last)
