"""Recognize records that were imported without a timestamp and come back from an export, which gives them one.

In the table, a record without a timestamp has the time it was received, and the fingerprint of a record without one. An
export includes that time, which gives it another fingerprint. So rows with exactly the time of such a record are also
compared by the fingerprint they would have without a timestamp.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.codec import export
from interactions.codec.origin import Origin
from interactions.codec.reader import Reader
from interactions.codec.split.windows import ByteRange
from interactions.contract.columns import TABLE_SCHEMA
from interactions.ingest.duplicates import prints
from interactions.ingest.duplicates.groups import EqualRows
from interactions.warehouse.lake import Part

_ROWS = 8192  # rows read at once with all columns
_MOMENTS = 1_000_000  # times compared at once
_CANDIDATES = 500_000  # rows that are compared at once
_TIMES = ["timestamp", "received_at"]


def find_untimed(mine: Sequence[Part], theirs: Sequence[Part]) -> list[Path]:
    """For each part of ``mine``, the file with the fingerprints to look up: the part itself, or a file next to it if
    some of its rows match rows of ``theirs`` once their timestamp is removed.
    """
    theirs = _with_untimed(theirs)
    files = [part.path for part in mine]
    for rows, moments, words in _candidates(mine, _at_their_moments(mine, theirs)):
        known = _is_known(moments, words, theirs)
        for place in np.unique(rows[known, 0]):
            if files[place] == mine[place].path:
                files[place] = prints.beside(files[place])
            here = known & (rows[:, 0] == place)
            prints.change(files[place], rows[here, 1], words[here])
    return files


def _with_untimed(parts: Sequence[Part]) -> list[Part]:
    """The parts that may hold records without a timestamp. All records of an import have the same time of receipt."""
    received: dict[int, datetime] = {}
    found = []
    for part in parts:
        if part.import_id:
            if part.import_id not in received:
                received[part.import_id] = _first_receipt(part)
            if not part.first <= received[part.import_id] <= part.last:
                continue
        found.append(part)
    return found


def _first_receipt(part: Part) -> datetime:
    with pq.ParquetFile(part.path) as source:
        moment: datetime = next(source.iter_batches(1, columns=["received_at"])).column(0)[0].as_py()
    return moment


def _untimed(parts: Sequence[Part], *more: str) -> Iterator[pa.RecordBatch]:
    """The rows of ``parts`` without their own timestamp, in batches: their times and the columns ``more``."""
    for part in parts:
        with pq.ParquetFile(part.path) as source:
            for group in range(source.num_row_groups):
                times = source.read_row_group(group, columns=_TIMES)
                if pc.any(is_untimed := pc.equal(times["timestamp"], times["received_at"])).as_py():
                    table = source.read_row_group(group, columns=[*_TIMES, *more])
                    yield from table.filter(is_untimed).combine_chunks().to_batches()


def _moments(parts: Sequence[Part]) -> Iterator[np.ndarray]:
    """The sorted times of rows without their own timestamp, in pieces."""
    held: list[np.ndarray] = []
    count = 0
    for batch in _untimed(parts):
        held.append(_microseconds(batch["timestamp"]))
        count += batch.num_rows
        if count >= _MOMENTS:
            different = np.unique(np.concatenate(held))
            held, count = [different], len(different)
            if count >= _MOMENTS // 2:
                yield different
                held, count = [], 0
    if held:
        yield np.unique(np.concatenate(held))


def _at_their_moments(mine: Sequence[Part], theirs: Sequence[Part]) -> dict[int, np.ndarray]:
    """By position of a part in ``mine``: which of its rows have a timestamp that is a time of receipt in ``theirs``."""
    found: dict[int, np.ndarray] = {}
    for moments in _moments(theirs):
        for place, part in enumerate(mine):
            if _microsecond(part.first) <= moments[-1] and moments[0] <= _microsecond(part.last):
                there = _are_among(moments, part)
                if there.any():
                    found[place] = found.get(place, False) | there
    return found


def _are_among(moments: np.ndarray, part: Part) -> np.ndarray:
    """Which rows of the part have their own timestamp, and it's one of ``moments``."""
    found = []
    with pq.ParquetFile(part.path) as source:
        for batch in source.iter_batches(columns=_TIMES):
            times, received = (_microseconds(batch[name]) for name in _TIMES)
            nearest = moments[np.minimum(np.searchsorted(moments, times), len(moments) - 1)]
            found.append((times != received) & (times == nearest))
    return np.concatenate(found)


def _candidates(
    mine: Sequence[Part], chosen: dict[int, np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The chosen rows, in pieces: position of the part and row number, times, and the words of the fingerprints without
    timestamps.
    """
    held: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    count = 0
    for place, is_chosen in chosen.items():
        for rows, table in _rows_of(mine[place], np.flatnonzero(is_chosen)):
            where = np.column_stack([np.full(len(rows), place), rows])
            held.append((where, _microseconds(table["timestamp"]), _words_without_time(table)))
            count += len(rows)
            if count >= _CANDIDATES:
                yield _joined(held)
                held, count = [], 0
    if held:
        yield _joined(held)


def _joined(pieces: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, moments, words = zip(*pieces, strict=True)
    return np.concatenate(rows), np.concatenate(moments), np.concatenate(words)


def _is_known(moments: np.ndarray, words: np.ndarray, theirs: Sequence[Part]) -> np.ndarray:
    """Which rows match a row without a timestamp that was received at exactly that time."""
    groups = EqualRows(_columns(moments, words))
    is_known = np.zeros(len(moments), bool)
    for batch in _untimed(theirs, "fingerprint"):
        columns = _columns(_microseconds(batch["timestamp"]), prints.words_of(batch["fingerprint"]))
        is_known[groups.find(columns)[1]] = True
    found = np.zeros(len(moments), bool)
    found[groups.rows] = is_known[groups.start]
    return found


def _columns(moments: np.ndarray, words: np.ndarray) -> list[np.ndarray]:
    return [words[:, 1], words[:, 0], moments.view(np.uint64)]


def _rows_of(part: Part, rows: np.ndarray) -> Iterator[tuple[np.ndarray, pa.Table]]:
    """The rows of a part with these sorted numbers, in batches."""
    base = 0
    with pq.ParquetFile(part.path) as source:
        for batch in source.iter_batches(_ROWS):
            here = rows[np.searchsorted(rows, base) : np.searchsorted(rows, base + batch.num_rows)]
            if len(here):
                yield here, pa.Table.from_batches([batch]).take(pa.array(here - base))
            base += batch.num_rows


def _words_without_time(table: pa.Table) -> np.ndarray:
    """The words of the fingerprints that the reader gives to the rows' JSON without timestamps."""
    place = TABLE_SCHEMA.get_field_index("timestamp")
    times = pa.nulls(table.num_rows, TABLE_SCHEMA.field(place).type)
    text = export.lines(table.set_column(place, "timestamp", times))
    reader = Reader(Origin(0, datetime.now(UTC)), None, longest=len(text))
    batches = list(reader.read(io.BytesIO(text), ByteRange(0, len(text), len(text))))
    found = pa.concat_tables([table for batch in batches for table in batch.tables])["fingerprint"]
    return prints.words_of(found.combine_chunks())


def _microseconds(times: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Times as microseconds since 1970."""
    moments: np.ndarray = times.cast(pa.int64()).to_numpy()
    return moments


def _microsecond(moment: datetime) -> int:
    return int(pa.scalar(moment, pa.timestamp("us", "UTC")).value)
