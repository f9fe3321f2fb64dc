"""Read all records that pass a filter, some thousand at a time, for exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis import _

from interactions.analytics.engine import Snapshot, answer_of, steady
from interactions.analytics.filters import Filter
from interactions.analytics.reports.cohorts import with_members
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Tombstones, leave_out


def records(environment: str, filter: Filter, most: int) -> pa.Table:
    """The oldest ``most`` records that pass ``filter``, oldest first, in memory. Columns of TABLE_SCHEMA.

    Raises :class:`~interactions.warehouse.steady.DataSetBusy`.
    """

    wanted = with_members(environment, filter)

    def look(parts: Snapshot) -> pa.Table:
        return parts.ask(lambda table: wanted.within(table).order_by([_.timestamp, _.fingerprint]).limit(most))

    return steady(environment, look).select(TABLE_SCHEMA.names).cast(TABLE_SCHEMA)


# By which a caller of chunks may choose rows before all of their columns are read.
CHOOSING: Final = ["import_id", "received_at"]


def chunks(
    files: Iterable[Path],
    people: Tombstones,
    filter: Filter,
    *,
    only: Callable[[pa.Table], pa.ChunkedArray] | None = None,
) -> Iterator[pa.Table]:
    """The records in Parquet ``files`` that pass ``filter``, without those of ``people``; its cohorts need members.

    ``only`` returns a mask of the wanted rows of a table with the columns CHOOSING; row groups without any aren't read.
    Yields tables of TABLE_SCHEMA in file order, holding at most one row group in memory.
    """
    for path in files:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                rows, _gone = leave_out(_read(file, group, only), people)
                if filter != Filter() and rows.num_rows:
                    rows = answer_of(rows, filter.within).select(TABLE_SCHEMA.names).cast(TABLE_SCHEMA)
                if rows.num_rows:
                    yield rows


def _read(file: pq.ParquetFile, group: int, only: Callable[[pa.Table], pa.ChunkedArray] | None) -> pa.Table:
    if only is None:
        return file.read_row_group(group).cast(TABLE_SCHEMA)
    mask = only(file.read_row_group(group, columns=CHOOSING))
    if not pc.any(mask).as_py():
        return TABLE_SCHEMA.empty_table()
    return file.read_row_group(group).cast(TABLE_SCHEMA).filter(mask)
