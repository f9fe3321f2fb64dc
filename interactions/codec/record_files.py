"""Write records as a file: JSON Lines (which can be imported again), CSV or Parquet."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import BinaryIO, Final, Protocol

import msgspec
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from interactions import csv_cells
from interactions.codec import export
from interactions.contract.columns import TABLE_SCHEMA

# Internal hashes, never exported.
_OURS: Final = ("fingerprint", "user_key", "anonymous_key")
COLUMNS: Final = [name for name in TABLE_SCHEMA.names if name not in _OURS]
"""The exported columns of CSV and Parquet files."""

_encode = msgspec.json.encode


class RecordFormat(StrEnum):
    """The format of an exported file."""

    LINES = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Final = {
    RecordFormat.LINES: "application/jsonl",
    RecordFormat.CSV: "text/csv; charset=utf-8",
    RecordFormat.PARQUET: "application/vnd.apache.parquet",
}


class Writer(Protocol):
    """Writes tables with the columns of TABLE_SCHEMA. A file is complete once the writer is closed."""

    def add(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


class _Lines:
    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink

    def add(self, table: pa.Table) -> None:
        self._sink.write(export.lines(table))

    def close(self) -> None:
        pass


class _Csv:
    """Writes CSV. Cells are escaped by :mod:`interactions.csv_cells`; lists are written as JSON."""

    def __init__(self, sink: BinaryIO) -> None:
        sink.write(csv_cells.BYTE_ORDER_MARK.encode())
        self._writer = pacsv.CSVWriter(sink, pa.schema([(name, pa.string()) for name in COLUMNS]))

    def add(self, table: pa.Table) -> None:
        self._writer.write_table(pa.table({name: _cells(table[name]) for name in COLUMNS}))

    def close(self) -> None:
        self._writer.close()


class _Parquet:
    def __init__(self, sink: BinaryIO) -> None:
        schema = pa.schema([TABLE_SCHEMA.field(name) for name in COLUMNS])
        self._writer = pq.ParquetWriter(sink, schema, compression="zstd")

    def add(self, table: pa.Table) -> None:
        self._writer.write_table(table.select(COLUMNS).cast(self._writer.schema))

    def close(self) -> None:
        self._writer.close()


_WRITERS: Final[dict[RecordFormat, Callable[[BinaryIO], Writer]]] = {
    RecordFormat.LINES: _Lines,
    RecordFormat.CSV: _Csv,
    RecordFormat.PARQUET: _Parquet,
}


def writer(form: RecordFormat, sink: BinaryIO) -> Writer:
    """A writer for a format. Closing it leaves ``sink`` open."""
    return _WRITERS[form](sink)


def pieces(form: RecordFormat, table: pa.Table, rows: int = 4096) -> Iterator[bytes]:
    """The bytes of ``table`` as a file, in pieces of ``rows`` rows."""
    sink = _Held()
    out = writer(form, sink)
    for start in range(0, table.num_rows, rows):
        out.add(table.slice(start, rows))
        yield sink.taken()
    out.close()
    yield sink.taken()


class _Held(io.BytesIO):
    """A buffer that is emptied as it's read; ``tell`` keeps counting as if nothing had been removed."""

    _before = 0

    def tell(self) -> int:
        return self._before + super().tell()

    def taken(self) -> bytes:
        held = self.getvalue()
        self._before += len(held)
        self.seek(0)
        self.truncate()
        return held


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return export.timestamps(column)
    if pa.types.is_list(column.type):
        cells = [None if value is None else _encode(value).decode() for value in column.to_pylist()]
        return csv_cells.harmless_column(pa.chunked_array([pa.array(cells, pa.string())]))
    if pa.types.is_string(column.type):
        return csv_cells.harmless_column(column)
    return column.cast(pa.string())
