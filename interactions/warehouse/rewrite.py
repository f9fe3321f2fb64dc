"""Remove rows from a table for good: parts with such rows are rewritten, in one commit, without a trace.

A few columns are read to find the parts. Parts are read and written by one thread per core, each with one row group in
memory. Callers hold the table's write lock, except for :func:`remove_most`: parts never change, so their replacements
can be written while others add to the table.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dojo.cores import cores
from interactions.contract.columns import TABLE_SCHEMA
from interactions.files import draft, drafts
from interactions.warehouse.lake import Lake, Part, part_of
from interactions.warehouse.overlaps import Handover
from interactions.warehouse.parts import PartWriter

log = logging.getLogger(__name__)

_ROWS = 8_192  # unfiltered rows in memory

Mask: TypeAlias = Callable[[pa.Table], np.ndarray]
Tell: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Removed:
    """The number of removed rows, and the table's version before and after; -1 where there is no table."""

    rows: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """A part and its replacements: none if all of it is removed."""

    old: Part
    new: tuple[Part, ...]
    rows: int
    gone: pa.Table | None = None  # the columns that were read, of the removed rows


def remove_most(
    lake: Lake,
    mask: Mask,
    columns: Sequence[str],
    tell: Tell = lambda done, total: None,
    note: Callable[[pa.Table], object] = lambda gone: None,
) -> Removed:
    """The same as :func:`remove_rows` for the current parts; takes the lock itself, for the commit alone.

    Parts that were replaced or added meanwhile are left to a later call. ``note`` is called with the rows before they
    are removed. Raises LakeBusy if the lock isn't available.
    """
    if not lake.exists():
        return Removed(0, -1, -1)
    with drafts(_prefix(lake, "aside")) as prefix:
        made = list(_in_parallel(lambda part: _without(prefix, part, mask, columns), lake.parts(), tell))
        with lake.lock() as held:
            before, there = lake.version(), {part.file for part in lake.parts()}
            left = [each for each in made if each is not None and each.old.file in there]
            if left:
                note(pa.concat_tables([each.gone for each in left if each.gone is not None]))
                held.require()
                _commit(lake, left)
            return Removed(sum(each.rows for each in left), before, lake.version())


def remove_rows(lake: Lake, mask: Mask, columns: Sequence[str], tell: Tell = lambda done, total: None) -> Removed:
    """Remove rows for which ``mask`` is true, given tables of ``columns``.

    ``tell`` is called with the number of finished parts and of all. Raises LakeBusy if parts have changed meanwhile,
    which can't happen while the lock is held.
    """
    return _remove(lake, lake.parts(), lambda part: _without(_prefix(lake), part, mask, columns), tell)


def remove_import(lake: Lake, import_id: int, handover: Handover | None = None) -> Removed:
    """Remove the rows of one import, except those that ``handover`` gives to others."""
    may_hold = [part for part in lake.parts() if part.import_id in (None, import_id)]
    handover = handover or Handover()

    def rewritten(part: Part) -> _Rewrite | None:
        if part.file in handover.of:
            return _handed_over(lake, part, import_id, handover)
        if part.import_id == import_id:
            return _Rewrite(part, (), part.rows)
        return _without(_prefix(lake), part, lambda table: _equal(table["import_id"], import_id), ["import_id"])

    return _remove(lake, may_hold, rewritten)


def remove_older(lake: Lake, moment: datetime, tell: Tell = lambda done, total: None) -> Removed:
    """Remove rows with a timestamp before ``moment``; parts are selected by their times in the log."""
    may_hold = [part for part in lake.parts() if part.first < moment]

    def is_older(table: pa.Table) -> np.ndarray:
        limit = pa.scalar(moment, TABLE_SCHEMA.field("timestamp").type).cast(pa.int64()).as_py()
        older: np.ndarray = table["timestamp"].cast(pa.int64()).to_numpy() < limit
        return older

    def rewritten(part: Part) -> _Rewrite | None:
        if part.last < moment:
            return _Rewrite(part, (), part.rows)
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
    with drafts(_prefix(lake)):
        made = list(_in_parallel(rewritten, parts, tell))
        # Even if there was nothing to do: an interrupted run may have left files, and one who looked at the table and
        # at who is hidden before must look again before adding to it.
        _commit(lake, [each for each in made if each is not None])
    return Removed(sum(each.rows for each in made if each is not None), before, lake.version())


def _in_parallel(
    work: Callable[[Part], _Rewrite | None], parts: Sequence[Part], tell: Tell
) -> Iterator[_Rewrite | None]:
    with ThreadPoolExecutor(cores(), thread_name_prefix="rewriting") as threads:
        try:
            for done, made in enumerate(threads.map(work, parts), start=1):
                tell(done, len(parts))
                yield made
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _commit(lake: Lake, made: Sequence[_Rewrite]) -> None:
    lake.replace([each.old for each in made], [new for each in made for new in each.new], changes_data=True)


def _without(prefix: str, part: Part, mask: Mask, columns: Sequence[str]) -> _Rewrite | None:
    """Rewrite a part without the rows of the mask; None if it has none of them, or was removed meanwhile."""
    try:
        source = pq.ParquetFile(part.source)
    except FileNotFoundError:
        return None
    with source:
        columns = list(columns)
        looked_at = [source.read_row_group(group, columns=columns, use_threads=False) for group in _groups(source)]
        masks = [mask(table) for table in looked_at]
        if not any(each.any() for each in masks):
            return None
        gone = pa.concat_tables(table.filter(pa.array(each)) for table, each in zip(looked_at, masks, strict=True))
        new = _write(prefix, source, [~each for each in masks], part.import_id)
    return _Rewrite(part, new, gone.num_rows, gone)


def _handed_over(lake: Lake, part: Part, import_id: int, handover: Handover) -> _Rewrite:
    """Rewrite a part without the import's rows; those that others get become parts of theirs."""
    new: list[Part] = []
    owners = handover.of[part.file]
    with pq.ParquetFile(part.path) as source:
        sizes = [source.metadata.row_group(group).num_rows for group in _groups(source)]
        ends = np.cumsum(sizes)[:-1]
        own = _equal(source.read(columns=["import_id"])["import_id"], import_id)
        new += _write(_prefix(lake), source, np.split(~own, ends), part.import_id)
        for place in np.unique(owners[owners > 0]).tolist():
            name = f"{_prefix(lake)}{_handed_name(import_id)}"
            new += _write(name, source, np.split(owners == place, ends), handover.holders[place - 1], becomes=True)
    return _Rewrite(part, tuple(new), int(own.sum()) - int(np.count_nonzero(owners)))


def handed_over(lake: Lake, import_id: int) -> Counter[int]:
    """The number of rows that an undone import left to others, by import id; from the names of parts."""
    found: Counter[int] = Counter()
    for part in lake.parts():
        if part.import_id is not None and _handed_name(import_id) in part.file.name:
            found[part.import_id] += part.rows
    return found


def _handed_name(import_id: int) -> str:
    return f"handed-{import_id}-"


def _groups(source: pq.ParquetFile) -> range:
    return range(source.num_row_groups)


def _write(
    prefix: str, source: pq.ParquetFile, masks: Sequence[np.ndarray], import_id: int | None, *, becomes: bool = False
) -> tuple[Part, ...]:
    """Write the rows in the masks, one per row group, as a part; none if there are no rows.

    With ``becomes``, their import id changes to ``import_id``.
    """
    path = draft(prefix)
    with PartWriter(path) as writer:
        for group, of_group in zip(_groups(source), masks, strict=True):
            if not of_group.any():
                continue
            place = 0
            for batch in source.iter_batches(_ROWS, row_groups=[group], use_threads=False):
                of_batch = of_group[place : place + batch.num_rows]
                place += batch.num_rows
                table = pa.Table.from_batches([batch]).cast(TABLE_SCHEMA).filter(pa.array(of_batch))
                writer.add(_with_import(table, import_id) if becomes else table)
    part = part_of(path, writer.written, import_id)
    return () if part is None else (part,)


def _with_import(table: pa.Table, import_id: int | None) -> pa.Table:
    place = TABLE_SCHEMA.get_field_index("import_id")
    column = pa.array(np.full(table.num_rows, import_id, np.int64))
    return table.set_column(place, TABLE_SCHEMA.field(place), column)


def _prefix(lake: Lake, kind: str = "rewrite") -> str:
    return f"{kind}-{lake.environment}-"
