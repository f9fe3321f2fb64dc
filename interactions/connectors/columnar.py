"""Read Parquet files of other tools' events as JSON Lines, so that they go the way of all events: GA4's export from
BigQuery, and PostHog's batch exports. Lists and objects within a row stay as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from interactions.unpack import Openable, UnpackedText, open_converted

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = b"PAR1"
LAYER: Final = "Parquet"
"""What these files are called among the layers of packing."""
_ROWS: Final = 1_024  # at once: a row of GA4 has some kilobytes
_NOT_FINITE: Final = (b"NaN", b"Infinity")


def is_parquet(path: Openable) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def open_text(path: Openable, **limits: Any) -> UnpackedText:
    """Open a Parquet file as text with a JSON object per row; ``limits`` and errors as of ``unpack.open_text``."""
    return open_converted(path, LAYER, _lines, **limits)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The rows as JSON Lines, some at a time. Raises FileRefused."""
    import duckdb
    import pyarrow as pa
    from pyarrow import parquet as pq

    from interactions.connectors.table.errors import Damaged

    try:
        with closing(duckdb.connect(config={"threads": 1})) as engine, pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(_ROWS, use_threads=False):
                engine.register("batch", _plain(batch))
                made = engine.sql("SELECT CAST(to_json(batch) AS VARCHAR) AS line FROM batch").to_arrow_table()
                engine.unregister("batch")
                yield b"".join(_finite(line.encode()) + b"\n" for line in made["line"].to_pylist())
    except (pa.ArrowException, OSError, duckdb.Error) as error:
        raise Damaged("Parquet file") from error


def _plain(batch: pa.RecordBatch) -> pa.Table:
    """The rows with times and bytes as texts, and with names that are unique."""
    import pyarrow as pa

    from interactions.connectors.table.parquet import text_of
    from interactions.connectors.table.rows import named

    columns = [text_of(column) if _is_told(column.type) else column for column in batch.columns]
    return pa.table(dict(zip(named(batch.schema.names), columns, strict=True)))


def _is_told(form: Any) -> bool:
    """Whether values of a type are written otherwise in JSON than by DuckDB."""
    import pyarrow as pa

    is_binary = pa.types.is_binary(form) or pa.types.is_large_binary(form) or pa.types.is_fixed_size_binary(form)
    return bool(is_binary or pa.types.is_timestamp(form))


def _finite(line: bytes) -> bytes:
    """A row without numbers that JSON doesn't have, which then are null."""
    if not any(word in line for word in _NOT_FINITE):
        return line
    return msgspec.json.encode(json.loads(line, parse_constant=lambda _: None))
