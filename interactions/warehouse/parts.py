"""Write accepted records as one Parquet part, one row group at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.contract.columns import TABLE_SCHEMA

# Columns with dictionary encoding; values of the others repeat too rarely.
REPEATING_COLUMNS = [
    "type",
    "product_ids.list.element",
    "category.list.element",
    "custom_action_name",
    "keywords",
    "question_id",
    "result_type",
    "campaign_name",
    "campaign_source",
    "campaign_medium",
    "campaign_term",
    "campaign_content",
    "page_referrer",
    "page_title",
    "page_url",
    "locale",
    "region",
    "truncated_ip",
    "user_agent",
    "import_id",
    "received_at",
    "user_id",
    "anonymous_id",
    "user_key",
    "anonymous_key",
    "extra",
]

# Only these get min/max statistics, in Parquet and in the table's log. Columns with personal data must not, or the log
# would keep ids after their rows are removed.
STATISTICS_COLUMNS = ["timestamp", "type", "import_id"]

# Hashes don't compress, and times are close together: these encodings halve the time to write and read them.
_ENCODINGS = {"fingerprint": "DELTA_LENGTH_BYTE_ARRAY", "timestamp": "DELTA_BINARY_PACKED"}
_LEAVES = [field.name + (".list.element" if pa.types.is_list(field.type) else "") for field in TABLE_SCHEMA]
_COMPRESSION = {name: "none" if name in _ENCODINGS else "zstd" for name in _LEAVES}
_LEVELS = {name: 1 for name in _LEAVES if name not in _ENCODINGS}

_GROUP_ROWS = 32_768
_BATCH_ROWS = 16_384  # rows of a column encoded at once


@dataclass(frozen=True, slots=True)
class Written:
    """A part that was written: ``size`` in bytes; ``first`` and ``last`` are None if it has no rows."""

    size: int
    rows: int
    first: datetime | None
    last: datetime | None


def part_writer(path: Path) -> pq.ParquetWriter:
    """A Parquet writer with the table's settings: zstd where it helps, dictionaries where values repeat."""
    return pq.ParquetWriter(
        path,
        TABLE_SCHEMA,
        compression=_COMPRESSION,
        compression_level=_LEVELS,
        column_encoding=_ENCODINGS,
        use_dictionary=REPEATING_COLUMNS,
        write_statistics=STATISTICS_COLUMNS,
        store_schema=False,
        write_batch_size=_BATCH_ROWS,
    )


class PartWriter:
    """Collects tables and writes them to ``path``, completely or not at all.

    A context manager; after an exception, or without rows, there is no file.
    """

    def __init__(self, path: Path, *, draft: str = "draft") -> None:
        """``draft`` is the file extension until the part is complete."""
        self._path = path
        self._draft = path.with_suffix(f".{draft}")
        self._writer: pq.ParquetWriter | None = None
        self._tables: list[pa.Table] = []
        self._held = self._rows = 0
        self._range: tuple[int, int] | None = None
        self.written = Written(0, 0, None, None)

    def add(self, table: pa.Table) -> None:
        self._tables.append(table)
        self._held += table.num_rows
        if self._held >= _GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        if self._writer is None:
            self._writer = part_writer(self._draft)
        table = pa.concat_tables(self._tables)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._widen(table["timestamp"])
        self._rows += table.num_rows
        self._tables, self._held = [], 0

    def _widen(self, timestamps: pa.ChunkedArray) -> None:
        bounds = pc.min_max(timestamps.cast(pa.int64())).as_py()
        low, high = self._range or (bounds["min"], bounds["max"])
        self._range = min(low, bounds["min"]), max(high, bounds["max"])

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
            if self._writer is not None:
                self._writer.close()  # this writes, and may find the disk full
            if kind is None and self._range is not None:
                self._draft.replace(self._path)
                first, last = (_moment(bound) for bound in self._range)
                self.written = Written(self._path.stat().st_size, self._rows, first, last)
        finally:
            self._draft.unlink(missing_ok=True)


def _moment(microseconds: int) -> datetime:
    moment: datetime = pa.scalar(microseconds, pa.timestamp("us", "UTC")).as_py()
    return moment.astimezone(UTC)
