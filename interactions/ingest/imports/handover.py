"""Hand over records of an import that is undone to others who sent them as well.

Afterwards the table has as many copies of each record as if the import had never existed: the highest number sent by
any other import or by live records. The number that one of them sent is its copies in the table plus those left out of
it (``warehouse.overlaps``). A uuid has one copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from interactions.ingest.duplicates import prints
from interactions.ingest.duplicates.groups import EqualRows
from interactions.ingest.duplicates.rule import nth_of
from interactions.warehouse.lake import Lake, Part
from interactions.warehouse.overlaps import Handover, Overlaps

_SHARE = 750_000  # entries of the lists compared at once; each takes about 60 bytes
_ROWS = 32_768  # rows of a part read at once


@dataclass(frozen=True, slots=True)
class _Claims:
    """The copies that others sent of the records in one share, by group of equal fingerprints.

    ``sent`` has the number of copies that a holder sent of a group. Its key is the holder's position times the number
    of entries, plus the start of the group.
    """

    groups: EqualRows
    keys: np.ndarray
    sent: np.ndarray
    are_by_uuid: np.ndarray


def plan(lake: Lake, import_id: int) -> Handover:
    """Decide which rows of the import stay, and who gets them. The table must not change meanwhile."""
    lists = Overlaps(lake.environment).lists(but=import_id)
    if not lists:
        return Handover()
    parts, holders = lake.parts(), [holder for holder, _ in lists]
    owners: dict[Path, np.ndarray] = {}
    entries = sum(len(words) for _, path in lists for words in prints.read(path))
    shares = max(1, -(-entries // _SHARE))
    for share in range(shares):
        claims = _claims([_words(path, share, shares) for _, path in lists])
        if claims is not None:
            staying, owner = _staying(claims, holders, parts, import_id)
            if staying.any():
                _mark(owners, claims.groups, staying, owner, parts, import_id)
    return Handover(holders, owners)


def _words(path: Path, share: int, shares: int) -> np.ndarray:
    """The fingerprints of a list that belong to one share, of shape (rows, 2)."""
    found = [words[prints.share_of(words[:, 0], shares) == share] for words in prints.read(path)]
    return np.concatenate([np.empty((0, 2), np.uint64), *found])


def _claims(of_holders: Sequence[np.ndarray]) -> _Claims | None:
    words = np.concatenate(of_holders)
    if not len(words):
        return None
    groups = EqualRows([words[:, 1], words[:, 0]])
    start = np.empty(len(words), np.int64)
    start[groups.rows] = groups.start
    holder = np.repeat(np.arange(len(of_holders)), [len(each) for each in of_holders])
    keys, sent = np.unique(holder * len(words) + start, return_counts=True)
    return _Claims(groups, keys, sent, prints.are_by_uuid(words[groups.rows, 0]))


def _staying(
    claims: _Claims, holders: Sequence[int], parts: Sequence[Part], import_id: int
) -> tuple[np.ndarray, np.ndarray]:
    """By start of a group: how many of the import's copies stay, and the position, from 1, of who gets them."""
    entries = len(claims.groups.rows)
    left = np.zeros(entries, np.int64)  # copies in the table without the import's
    for part in parts:
        if part.import_id == import_id:
            continue
        for _, starts, import_ids in _found(claims.groups, part):
            others = import_ids != import_id
            left += np.bincount(starts[others], minlength=entries)
            _add_sent(claims, holders, starts[others], import_ids[others])
    holder, start = np.divmod(claims.keys, entries)
    needed = np.zeros(entries, np.int64)
    np.maximum.at(needed, start, claims.sent)
    needed = np.where(claims.are_by_uuid, np.minimum(needed, 1), needed)
    owner = np.zeros(entries, np.uint16)
    most = claims.sent >= needed[start]
    owner[start[most]] = holder[most] + 1
    return np.maximum(needed - left, 0), owner


def _add_sent(claims: _Claims, holders: Sequence[int], starts: np.ndarray, import_ids: np.ndarray) -> None:
    """Add the copies that holders have in the table, for records of which copies were left out of them."""
    there = set(np.unique(import_ids).tolist())
    for place, holder in enumerate(holders):
        if holder not in there:
            continue
        keys = place * len(claims.groups.rows) + starts[import_ids == holder]
        at = np.minimum(np.searchsorted(claims.keys, keys), len(claims.keys) - 1)
        np.add.at(claims.sent, at[claims.keys[at] == keys], 1)


def _mark(
    owners: dict[Path, np.ndarray],
    groups: EqualRows,
    staying: np.ndarray,
    owner: np.ndarray,
    parts: Sequence[Part],
    import_id: int,
) -> None:
    """Write to ``owners`` who gets which of the import's rows: the first ones of each group."""
    seen = np.zeros(len(staying), np.int64)
    for part in parts:
        if part.import_id not in (None, import_id):
            continue
        for rows, starts, import_ids in _found(groups, part):
            own = (import_ids == import_id) & (staying[starts] > 0)
            rows, starts = rows[own], starts[own]
            stays = seen[starts] + nth_of(starts) < staying[starts]
            seen += np.bincount(starts, minlength=len(seen))
            if stays.any():
                of_part = owners.setdefault(part.file, np.zeros(part.rows, np.uint16))
                of_part[rows[stays]] = owner[starts[stays]]


def _found(groups: EqualRows, part: Part) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The part's rows that are in a group, in order and in pieces: row numbers, starts of their groups, import ids."""
    base = 0
    with pq.ParquetFile(part.path) as source:
        for batch in source.iter_batches(_ROWS, columns=["fingerprint", "import_id"], use_threads=False):
            words = prints.words_of(batch.column("fingerprint"))
            rows, starts = groups.find([words[:, 1], words[:, 0]])
            order = np.argsort(rows)
            rows, starts = rows[order], starts[order]
            import_ids = batch.column("import_id").cast(pa.int64()).to_numpy()
            yield base + rows, starts, import_ids[rows]
            base += batch.num_rows
