"""Compare an index with its table: which rows does it lack, and which of its events are no longer in the table?

Events and rows are identified by a hash of their times, ids, import and type. Rows are only ever removed from a table
by these, so rows with the same hash are removed together. First the sums of all hashes are compared, which needs no
memory: after a merge of parts, or the erasure of people who were already hidden, they're equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.analytics.index.changes import Covered, TimeWindow
from interactions.analytics.index.delta import NOTHING, Places
from interactions.analytics.index.loops import compiled
from interactions.analytics.index.run import TYPE_BITS, Index, Run
from interactions.analytics.index.selection import where
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import Tombstones
from interactions.warehouse.lake import Part, local

MOST: Final = 30_000_000  # rows whose hashes are held in memory if the sums differ
_LIGHT: Final = ["type", "timestamp", "received_at", "user_key", "anonymous_key", "import_id"]
_TYPES: Final = pa.array(TYPES)
_MIX: Final = (0x9E3779B97F4A7C15 - (1 << 64), 0xC2B2AE3D27D4EB4F - (1 << 64), 0x165667B19E3779F9)


class TooMuch(Exception):
    """The differences are so many that a new build is cheaper."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Rows of a part that an index lacks: their positions (int64, ascending) by row group number."""

    path: Path
    groups: Mapping[int, np.ndarray]


@dataclass(frozen=True, slots=True)
class Difference:
    """``gone`` are events that are no longer in the table, by run; ``lacking`` are rows that the index lacks."""

    gone: Places
    lacking: tuple[Lacking, ...] = ()


def difference(index: Index, parts: Mapping[Part, Covered], window: TimeWindow, hidden: Tombstones) -> Difference:
    """Compare an index with the table's rows in a window, except those of ``hidden`` people.

    ``parts`` are all parts of the table. Raises TooMuch, and FileNotFoundError if a part no longer exists.
    """
    met = [part for part, of in parts.items() if window.meets(of)]
    meeting = local(met)
    events = where(index, lambda run: _events_in(run, window))
    if _sum(_of_events(index, events)) == _sum(hashes for _, _, hashes in _of_rows(meeting, window, hidden)):
        return Difference([NOTHING] * len(index.runs))
    if sum(parts[part].rows for part in met) > MOST:
        raise TooMuch
    of_events, of_rows = list(_of_events(index, events)), list(_of_rows(meeting, window, hidden))
    differing = _differing(_all(of_events), _all([hashes for _, _, hashes in of_rows]))
    gone = [places[_among(hashes, differing)] for places, hashes in zip(events, of_events, strict=True)]
    lacking: dict[Path, dict[int, np.ndarray]] = {}
    for (path, group), rows, hashes in of_rows:
        chosen = rows[_among(hashes, differing)]
        if len(chosen):
            lacking.setdefault(path, {})[group] = chosen
    return Difference(gone, tuple(Lacking(path, groups) for path, groups in lacking.items()))


def rows_of(lacking: Lacking, columns: Sequence[str]) -> pa.Table:
    """These columns of the rows. Raises FileNotFoundError."""
    with pq.ParquetFile(lacking.path) as part:
        return pa.concat_tables(
            part.read_row_group(group, columns=list(columns), use_threads=False).take(pa.array(rows))
            for group, rows in lacking.groups.items()
        )


def _events_in(run: Run, window: TimeWindow) -> np.ndarray:
    chosen = (run.at >= window.first) & (run.at <= window.last)
    if window.imports is not None:
        chosen &= np.isin(run.source, list(window.imports))
    return chosen


def _of_events(index: Index, places: Places) -> Iterator[np.ndarray]:
    """The hashes of the events at these positions, run by run."""
    pairs = index.pairs
    ids = _ids(pairs.user, pairs.visitor, pairs.has)
    for run, events in zip(index.runs, places, strict=True):
        kind = run.kind[events] & TYPE_BITS
        yield _hashed(ids[run.pair[events]], run.at[events], run.received[events], run.source[events], kind)


def _of_rows(
    paths: Sequence[Path], window: TimeWindow, hidden: Tombstones
) -> Iterator[tuple[tuple[Path, int], np.ndarray, np.ndarray]]:
    """For each row group that may have rows in the window: its part and number, their positions, and their hashes."""
    for path in paths:
        with pq.ParquetFile(path, read_dictionary=["type"]) as part:
            for group in range(part.num_row_groups):
                if not _is_apart(part.metadata.row_group(group), window):
                    table = part.read_row_group(group, columns=_LIGHT, use_threads=False)
                    yield (path, group), *_rows_in(table, window, hidden)


def _rows_in(table: pa.Table, window: TimeWindow, hidden: Tombstones) -> tuple[np.ndarray, np.ndarray]:
    at, received, source = (_numbers(table[name]) for name in ("timestamp", "received_at", "import_id"))
    chosen = (at >= window.first) & (at <= window.last) & ~hidden.mask(table)
    if window.imports is not None:
        chosen &= np.isin(source, list(window.imports))
    rows = np.flatnonzero(chosen)
    user, visitor = table["user_key"], table["anonymous_key"]
    has = user.is_valid().to_numpy().astype(np.uint8) | (visitor.is_valid().to_numpy().astype(np.uint8) << 1)
    ids, kind = _ids(_numbers(user), _numbers(visitor), has), _kinds(table["type"])
    return rows, _hashed(ids[rows], at[rows], received[rows], source[rows], kind[rows])


def _is_apart(group: Any, window: TimeWindow) -> bool:
    """Whether a row group has no rows in the window, according to its statistics."""
    for place in range(group.num_columns):
        column = group.column(place)
        if column.path_in_schema == "timestamp" and column.statistics is not None and column.statistics.has_min_max:
            return bool(column.statistics.min_raw > window.last or column.statistics.max_raw < window.first)
    return False


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    """As int64, 0 for null."""
    found: np.ndarray = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    return found


def _kinds(types: pa.ChunkedArray) -> np.ndarray:
    texts = types.combine_chunks()
    places = pc.index_in(texts.dictionary, value_set=_TYPES).to_numpy().astype(np.uint8)
    found: np.ndarray = places[texts.indices.to_numpy()]
    return found


def _ids(user: np.ndarray, visitor: np.ndarray, has: np.ndarray) -> np.ndarray:
    """A hash of each pair of ids (int64)."""
    found = np.empty(len(has), np.int64)
    _mix_ids(user, visitor, has, found)
    return found


def _hashed(ids: np.ndarray, at: np.ndarray, received: np.ndarray, source: np.ndarray, kind: np.ndarray) -> np.ndarray:
    found = np.empty(len(at), np.int64)
    _mix_rows(ids, at, received, source, kind, found)
    return found


def _sum(pieces: Iterator[np.ndarray]) -> tuple[int, int]:
    """The number of hashes, and their sum modulo 2^64."""
    count, total = 0, 0
    for hashes in pieces:
        count += len(hashes)
        total = (total + int(hashes.sum())) & ((1 << 64) - 1)
    return count, total


def _all(pieces: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([*pieces, NOTHING])


def _differing(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The hashes (ascending) whose number of occurrences differs."""
    values, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    counts = np.bincount(places[: len(one)], minlength=len(values))
    differing: np.ndarray = values[counts != np.bincount(places[len(one) :], minlength=len(values))]
    return differing


def _among(hashes: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    if not len(wanted):
        return np.zeros(len(hashes), bool)
    found: np.ndarray = wanted[np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)] == hashes
    return found


@compiled
def _mix_ids(user: Any, visitor: Any, has: Any, found: Any) -> None:
    for place in range(len(has)):
        value = (user[place] * _MIX[0]) ^ (visitor[place] >> 31) ^ (visitor[place] * _MIX[1]) ^ has[place]
        value = (value ^ (value >> 29)) * _MIX[0]
        found[place] = value ^ (value >> 32)


@compiled
def _mix_rows(ids: Any, at: Any, received: Any, source: Any, kind: Any, found: Any) -> None:
    for place in range(len(ids)):
        value = (ids[place] ^ at[place]) * _MIX[0]
        value = ((value ^ (value >> 32)) + received[place]) * _MIX[1]
        value = ((value ^ (value >> 29)) + source[place] * 64 + kind[place]) * _MIX[2]
        found[place] = value ^ (value >> 32)
