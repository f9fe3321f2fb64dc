"""Take rows out of a table for good: the parts that hold some are written anew, in one commit, and no trace is left.

A part of which a few columns say that it holds none of the rows is not touched. Parts are looked at and written by as
many threads as there are cores, each with one row group in memory. The table's write lock is held by the caller, but
for :func:`remove_most`: parts never change, so what comes in their place can be written while others add to the table.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from interactions.codec.columns import TABLE_SCHEMA
from interactions.codec.parts import PartWriter
from interactions.lake import Lake, LakeBusy, Part

log = logging.getLogger(__name__)

_ROWS = 8_192  # held unfiltered at a time

Mask: TypeAlias = Callable[[pa.Table], np.ndarray]
Tell: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows went, and the table's version before and after; the same where there was nothing to do."""

    rows: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """A part and what comes in its place; None where all of it goes."""

    old: Part
    new: Part | None
    rows: int
    gone: pa.Table | None = None  # the columns that were looked at, of the rows that go


def remove_most(
    lake: Lake,
    mask: Mask,
    columns: Sequence[str],
    tell: Tell = lambda done, total: None,
    note: Callable[[pa.Table], object] = lambda gone: None,
) -> Removed:
    """The same as :func:`remove_rows` for the table as it is now; takes the lock by itself, for the commit alone.

    Parts that are gone by then are left to a later call, as are those that came meanwhile. ``note`` is given what goes
    before it is gone. Raises LakeBusy where the lock cannot be had.
    """
    if not lake.exists():
        return Removed(0, -1, -1)
    with _drafts(_prefix(lake, "aside")) as prefix:
        made = list(_in_parallel(lambda part: _without(prefix, part, mask, columns), lake.parts(), tell))
        with lake.lock() as held:
            before, there = lake.version(), {part.path for part in lake.parts()}
            left = [each for each in made if each is not None and each.old.path in there]
            if left:
                note(pa.concat_tables([each.gone for each in left if each.gone is not None]))
                held.require()
                _commit(lake, left)
            return Removed(sum(each.rows for each in left), before, lake.version())


def remove_rows(lake: Lake, mask: Mask, columns: Sequence[str], tell: Tell = lambda done, total: None) -> Removed:
    """Remove the rows for which ``mask`` is true, given tables of ``columns``.

    ``tell`` hears how many parts were seen to, of how many. Raises LakeBusy where parts have changed meanwhile,
    which they cannot while the lock is held.
    """
    return _remove(lake, lake.parts(), lambda part: _without(_prefix(lake), part, mask, columns), tell)


def remove_import(lake: Lake, import_id: int) -> Removed:
    """Remove the rows of one import."""
    may_hold = [part for part in lake.parts() if part.import_id in (None, import_id)]

    def rewritten(part: Part) -> _Rewrite | None:
        if part.import_id == import_id:
            return _Rewrite(part, None, part.rows)
        return _without(_prefix(lake), part, lambda table: _equal(table["import_id"], import_id), ["import_id"])

    return _remove(lake, may_hold, rewritten)


def remove_older(lake: Lake, moment: datetime, tell: Tell = lambda done, total: None) -> Removed:
    """Remove the rows whose timestamp is before ``moment``; parts are judged by the times that the log has of them."""
    may_hold = [part for part in lake.parts() if part.first < moment]

    def is_older(table: pa.Table) -> np.ndarray:
        limit = pa.scalar(moment, TABLE_SCHEMA.field("timestamp").type).cast(pa.int64()).as_py()
        older: np.ndarray = table["timestamp"].cast(pa.int64()).to_numpy() < limit
        return older

    def rewritten(part: Part) -> _Rewrite | None:
        if part.last < moment:
            return _Rewrite(part, None, part.rows)
        return _without(_prefix(lake), part, is_older, ["timestamp"])

    return _remove(lake, may_hold, rewritten, tell)


def _equal(column: pa.ChunkedArray, value: int) -> np.ndarray:
    equal: np.ndarray = column.to_numpy() == value
    return equal


def _remove(
    lake: Lake,
    parts: Sequence[Part],
    rewritten: Callable[[Part], _Rewrite | None],
    tell: Tell = lambda done, total: None,
) -> Removed:
    if not lake.exists():
        return Removed(0, -1, -1)
    before = lake.version()
    with _drafts(_prefix(lake)):
        made = list(_in_parallel(rewritten, parts, tell))
        _commit(lake, [each for each in made if each is not None])
    lake.clean()  # also where nothing was to be done: a try that was broken off may have left files
    return Removed(sum(each.rows for each in made if each is not None), before, lake.version())


def _in_parallel(
    work: Callable[[Part], _Rewrite | None], parts: Sequence[Part], tell: Tell
) -> Iterator[_Rewrite | None]:
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="rewriting") as threads:
        try:
            for done, made in enumerate(threads.map(work, parts), start=1):
                tell(done, len(parts))
                yield made
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _commit(lake: Lake, made: Sequence[_Rewrite]) -> None:
    if not made:
        return
    if not {each.old.path for each in made} <= {part.path for part in lake.parts()}:
        raise LakeBusy(f"Parts of {lake.environment} were changed while they were written anew.")
    lake.replace([each.old for each in made], [each.new for each in made if each.new is not None], changes_data=True)


def _without(prefix: str, part: Part, mask: Mask, columns: Sequence[str]) -> _Rewrite | None:
    """The part without the rows of the mask; None where it holds none of them, or was taken away meanwhile."""
    try:
        source = pq.ParquetFile(part.path)
    except FileNotFoundError:
        return None
    with source:
        columns = list(columns)
        looked_at = [source.read_row_group(group, columns=columns, use_threads=False) for group in _groups(source)]
        masks = [mask(table) for table in looked_at]
        if not any(each.any() for each in masks):
            return None
        gone = pa.concat_tables(table.filter(pa.array(each)) for table, each in zip(looked_at, masks, strict=True))
        new = _write_without(prefix, source, masks, part.import_id)
    return _Rewrite(part, new, gone.num_rows, gone)


def _groups(source: pq.ParquetFile) -> range:
    return range(source.num_row_groups)


def _write_without(
    prefix: str, source: pq.ParquetFile, masks: Sequence[np.ndarray], import_id: int | None
) -> Part | None:
    """The rows that are in no mask, of which there is one a row group; None where no row is left."""
    draft = _folder() / f"{prefix}{secrets.token_hex(8)}.parquet"
    with PartWriter(draft) as writer:
        for group, of_group in zip(_groups(source), masks, strict=True):
            if of_group.all():
                continue
            place = 0
            for batch in source.iter_batches(_ROWS, row_groups=[group], use_threads=False):
                of_batch = of_group[place : place + batch.num_rows]
                place += batch.num_rows
                table = pa.Table.from_batches([batch]).cast(TABLE_SCHEMA)
                writer.add(table.filter(pa.array(~of_batch)))
    written = writer.written
    if written.first is None or written.last is None:
        return None
    return Part(draft, written.size, written.rows, written.first, written.last, import_id)


@contextmanager
def _drafts(prefix: str) -> Iterator[str]:
    """Remove what is written on the way, and before that what a process left that ended in the middle."""
    _sweep(prefix)
    try:
        yield prefix
    finally:
        _sweep(prefix)


def _sweep(prefix: str) -> None:
    for path in _folder().glob(f"{prefix}*"):
        path.unlink(missing_ok=True)


def _folder() -> Path:
    folder = Path(settings.SCRATCH_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _prefix(lake: Lake, kind: str = "rewrite") -> str:
    return f"{kind}-{lake.environment}-"
