"""Take rows out of a table for good: the parts that hold some are written anew, in one commit, and no trace is left.

A part of which a few columns say that it holds none of the rows is not touched. Parts are looked at and written by as
many threads as there are cores, each with one row group in memory. The table's write lock is held by the caller.
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


def remove_rows(lake: Lake, mask: Mask, columns: Sequence[str], tell: Tell = lambda done, total: None) -> Removed:
    """Remove the rows for which ``mask`` is true, given tables of ``columns``.

    ``tell`` hears how many parts were seen to, of how many. Raises LakeBusy where parts have changed meanwhile,
    which they cannot while the lock is held.
    """
    return _remove(lake, lake.parts(), lambda part: _without(lake, part, mask, columns), tell)


def remove_import(lake: Lake, import_id: int) -> Removed:
    """Remove the rows of one import."""
    may_hold = [part for part in lake.parts() if part.import_id in (None, import_id)]

    def rewritten(part: Part) -> _Rewrite | None:
        if part.import_id == import_id:
            return _Rewrite(part, None, part.rows)
        return _without(lake, part, lambda table: _equal(table["import_id"], import_id), ["import_id"])

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
        return _without(lake, part, is_older, ["timestamp"])

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
    with _drafts(lake):
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


def _without(lake: Lake, part: Part, mask: Mask, columns: Sequence[str]) -> _Rewrite | None:
    """The part without the rows of the mask; None where it holds none of them."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(part.path) as source:
        groups = range(source.num_row_groups)
        masks = [mask(source.read_row_group(group, columns=list(columns), use_threads=False)) for group in groups]
        gone = sum(int(each.sum()) for each in masks)
        if not gone:
            return None
        draft = _folder() / f"{_prefix(lake)}{secrets.token_hex(8)}.parquet"
        with PartWriter(draft) as writer:
            for group, of_group in zip(groups, masks, strict=True):
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
        return _Rewrite(part, None, gone)
    new = Part(draft, written.size, written.rows, written.first, written.last, part.import_id)
    return _Rewrite(part, new, gone)


@contextmanager
def _drafts(lake: Lake) -> Iterator[None]:
    """Remove what is written on the way, and before that what a process left that ended in the middle."""
    _sweep(lake)
    try:
        yield
    finally:
        _sweep(lake)


def _sweep(lake: Lake) -> None:
    for path in _folder().glob(f"{_prefix(lake)}*"):
        path.unlink(missing_ok=True)


def _folder() -> Path:
    folder = Path(settings.SCRATCH_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _prefix(lake: Lake) -> str:
    return f"rewrite-{lake.environment}-"
