"""Find the records of an import that are in the data set already (see ``rule``).

All bits of the fingerprints are compared. To handle imports of any size, entries are partitioned into shares in a
temporary file, and one share is compared at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dojo.cores import cores
from interactions import identity
from interactions.in_order import in_order
from interactions.ingest.duplicates import prints
from interactions.ingest.duplicates.entry_file import EntriesByShare, EntryFile
from interactions.ingest.duplicates.groups import EqualRows, changes
from interactions.ingest.duplicates.index import OpenFingerprints
from interactions.ingest.duplicates.prints import IDS
from interactions.ingest.duplicates.rule import are_there, bring_links, with_links
from interactions.ingest.duplicates.untimed import find_untimed
from interactions.warehouse.lake import Part
from interactions.warehouse.overlaps import COLUMNS
from interactions.warehouse.parts import part_writer

_SHARE: Final = 50_000  # records of an import compared at once; each takes about 150 bytes
# Fingerprints are spread evenly, so a larger share has many equal ones. It's compared in pieces.
_LARGEST: Final = 2 * _SHARE


@dataclass(frozen=True, slots=True)
class Sifted:
    """The parts without duplicates, and the number of duplicates."""

    parts: list[Part]
    duplicates: int


def sift(
    mine: Sequence[Part], theirs: Sequence[Part], there: OpenFingerprints, *, note: Callable[[pa.Table], object]
) -> Sifted:
    """Remove from the parts ``mine``, at least one, the records that are in the table, which consists of the parts
    ``theirs``.

    ``there`` is the index of the table. ``note`` is called with the duplicates, in the form of ``warehouse.overlaps``.
    New parts are written next to the old ones, which are kept, so this can be repeated.
    """
    if there.is_empty and not _has_uuids(mine):
        return Sifted(list(mine), 0)
    starts = accumulate((part.rows for part in mine), initial=0)
    rows = list(map(_Rows, mine, find_untimed(mine, theirs), starts))
    kept, duplicates = [], 0
    known = _find(rows, there)
    for each, left_out in zip(rows, in_order(partial(_left_out, known), rows, cores()), strict=True):
        for table in left_out:
            note(table)
        count = sum(table.num_rows for table in left_out)
        if count == 0:
            kept.append(each.part)
        elif count < each.part.rows:
            kept.append(_without(each.part, known.of(each.first, each.part.rows)))
        duplicates += count
    return Sifted(kept, duplicates)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a part, the file with their fingerprints, and the number of the first one in the import."""

    part: Part
    file: Path
    first: int


class _Known:
    """Which records of an import are duplicates, and for those that bring a link, the ids of the first record.

    Several threads may add to it.
    """

    def __init__(self, rows: int) -> None:
        self._lock = Lock()
        self._bits = np.zeros(rows // 8 + 1, np.uint8)
        self._rows: list[np.ndarray] = []
        self._ids: list[np.ndarray] = []

    def add(self, rows: np.ndarray) -> None:
        with self._lock:
            np.bitwise_or.at(self._bits, rows >> 3, np.uint8(1) << (rows & 7).astype(np.uint8))

    def of(self, first: int, rows: int) -> np.ndarray:
        """Whether each of ``rows`` records from ``first`` on is a duplicate."""
        bits = np.unpackbits(self._bits[first >> 3 : (first + rows >> 3) + 1], bitorder="little")
        return bits[first & 7 :][:rows].astype(bool)

    def link(self, rows: np.ndarray, ids: np.ndarray) -> None:
        if len(rows):
            with self._lock:
                self._rows.append(rows)
                self._ids.append(ids)

    def origins(self, first: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Of ``rows`` records from ``first`` on, the positions of those that bring a link, ascending, and the ids of
        the first record with the same uuid.
        """
        places = np.concatenate([np.empty(0, np.int64), *self._rows]) - first
        ids = np.concatenate([np.empty(0, IDS), *self._ids])
        order = np.flatnonzero((places >= 0) & (places < rows))
        order = order[np.argsort(places[order])]
        return places[order], ids[order]


def _has_uuids(parts: Sequence[Part]) -> bool:
    with _threads() as threads:
        return any(threads.map(_has_uuid, parts))


def _has_uuid(part: Part) -> bool:
    return any(prints.are_by_uuid(words[:, 0]).any() for words in prints.read(part.path))


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="duplicates")


def _find(rows: Sequence[_Rows], there: OpenFingerprints) -> _Known:
    """Find the duplicates."""
    count = rows[-1].first + rows[-1].part.rows
    known, shares, keyring = _Known(count), max(1, -(-count // _SHARE)), identity.keyring()

    def partitioned(each: _Rows) -> list[EntriesByShare]:
        pieces = prints.entries(each.part.path, each.file, each.first, keyring)
        return [EntriesByShare.of(entries, shares) for entries in pieces]

    with EntryFile() as aside:
        for partitions in in_order(partitioned, rows, cores()):
            for partition in partitions:
                aside.add(partition)
        with _threads() as threads:
            for _ in threads.map(lambda share: _look_at(share, aside, there, known), range(shares)):
                pass
    return known


def _look_at(share: int, aside: EntryFile, there: OpenFingerprints, known: _Known) -> None:
    """Compare the records of a share."""
    seen = _Seen() if aside.size(share) > _LARGEST else None
    for entries in aside.pieces(share, _LARGEST):
        _look(entries, seen, there, known)


@dataclass(slots=True)
class _Seen:
    """Distinct records of a share that were compared already, by their words."""

    first: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint64))
    second: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint64))
    copies: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    ids: np.ndarray = field(default_factory=lambda: np.empty(0, IDS))

    def find(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The number of earlier copies of each of these distinct records, and the ids of the first copy."""
        copies, ids = np.zeros(len(first), np.int64), np.zeros(len(first), IDS)
        if len(self.first):
            asked, places = EqualRows([self.first, self.second]).find([first, second])
            copies[asked], ids[asked] = self.copies[places], self.ids[places]
        return copies, ids

    def add(self, first: np.ndarray, second: np.ndarray, copies: np.ndarray, ids: np.ndarray) -> None:
        """Add distinct records that follow the ones so far."""
        firsts, seconds = np.concatenate((self.first, first)), np.concatenate((self.second, second))
        order = np.lexsort((seconds, firsts))
        firsts, seconds = firsts[order], seconds[order]
        heads = np.flatnonzero(changes(firsts) | changes(seconds))
        self.copies = np.add.reduceat(np.concatenate((self.copies, copies))[order], heads)
        self.ids = np.concatenate((self.ids, ids))[order][heads]
        self.first, self.second = firsts[heads], seconds[heads]


def _look(entries: np.ndarray, seen: _Seen | None, there: OpenFingerprints, known: _Known) -> None:
    """Compare some records of a share. ``seen`` has the ones before, or is None if these are the whole share."""
    first, second = (np.ascontiguousarray(entries[name]) for name in ("first", "second"))
    groups = EqualRows([first, second])
    heads = np.flatnonzero(groups.start == np.arange(len(groups.start)))
    of_head = groups.rows[heads]
    words = first[of_head], second[of_head]
    found = there.find(*words)
    group = np.repeat(np.arange(len(heads)), np.diff(heads, append=len(first)))
    nth, ids = groups.nth(), None
    if seen is not None:
        before, ids = seen.find(*words)
        nth = nth + before[group]
        ids = np.where(before > 0, ids, entries["ids"][of_head])
        seen.add(*words, np.bincount(group, minlength=len(heads)), ids)
    by_uuid = prints.have_uuids(second)[groups.rows]
    is_known = are_there(by_uuid, found.copies[group], nth)
    known.add(entries["row"][groups.rows[is_known]])
    known_uuids = np.flatnonzero(is_known & by_uuid)
    if not len(known_uuids):
        return
    group, rows = group[known_uuids], groups.rows[known_uuids]
    origin = found.ids[group]
    fresh = np.flatnonzero(found.copies[group] == 0)  # the first copy is in the import itself
    origin[fresh] = entries["ids"][of_head[group[fresh]]] if ids is None else ids[group[fresh]]
    linked = bring_links(entries["ids"][rows], origin)
    known.link(entries["row"][rows[linked]], origin[linked])


def _left_out(known: _Known, of: _Rows) -> list[pa.Table]:
    """The duplicates in a part, with the fingerprints by which the table knows them."""
    part, file = of.part, of.file
    is_known = known.of(of.first, part.rows)
    if not is_known.any():
        return []
    words = prints.changed(file) if file != part.path else None
    rows, ids = known.origins(of.first, part.rows)
    found, base = [], 0
    with pq.ParquetFile(part.path) as source:
        for batch in source.iter_batches(prints.ROWS, columns=COLUMNS, use_threads=False):
            chosen = is_known[base : base + batch.num_rows]
            table = pa.Table.from_batches([batch]).select(COLUMNS)
            if words is not None:
                fingerprints = prints.fingerprints_of(words[base : base + batch.num_rows])
                table = table.set_column(0, COLUMNS[0], fingerprints)
            first, last = np.searchsorted(rows, (base, base + batch.num_rows))
            table = with_links(table, rows[first:last] - base, ids[first:last])
            found.append(table if chosen.all() else table.filter(pa.array(chosen)))
            base += batch.num_rows
    return found


def _without(part: Part, is_known: np.ndarray) -> Part:
    """Write a part without some rows as a new file, one row group at a time."""
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
