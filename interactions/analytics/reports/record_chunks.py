"""Read all records that pass a filter, some thousand at a time, for exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis import _

from interactions.analytics.engine import Snapshot, answer_of, steady
from interactions.analytics.filters import Filter
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Tombstones, leave_out


def records(environment: str, filter: Filter, most: int) -> pa.Table:
    """The oldest ``most`` records that pass ``filter``, oldest first, in memory. Columns of TABLE_SCHEMA.

    Raises :class:`~interactions.warehouse.steady.DataSetBusy`.
    """

    def look(parts: Snapshot) -> pa.Table:
        return parts.ask(lambda table: filter.within(table).order_by([_.timestamp, _.fingerprint]).limit(most))

    return steady(environment, look).select(TABLE_SCHEMA.names).cast(TABLE_SCHEMA)


def chunks(files: Sequence[Path], people: Tombstones, filter: Filter) -> Iterator[pa.Table]:
    """The records in Parquet ``files`` that pass ``filter``, without those of ``people``.

    Yields tables of TABLE_SCHEMA in file order, holding at most one row group in memory.
    """
    for path in files:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                rows, _gone = leave_out(file.read_row_group(group).cast(TABLE_SCHEMA), people)
                if filter != Filter() and rows.num_rows:
                    rows = answer_of(rows, filter.within).select(TABLE_SCHEMA.names).cast(TABLE_SCHEMA)
                if rows.num_rows:
                    yield rows
