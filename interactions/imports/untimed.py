"""Recognise records that were imported without a time and come back from an export, which gives them one.

A record without a time has that of its receipt in the table, and the fingerprint of a record without a time. Exported,
it carries that moment, and so another fingerprint. Rows at the very moment of such a record are therefore also
compared by the fingerprint that they would have without their time.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.codec import export
from interactions.codec.columns import TABLE_SCHEMA
from interactions.codec.keyring import Keyring
from interactions.codec.reader import Reader
from interactions.codec.table import Origin
from interactions.codec.windows import Format, Run
from interactions.lake import Part

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS = 8192
_CANDIDATES = """
SELECT filename, file_row_number AS row FROM mine
WHERE timestamp <> received_at
  AND timestamp IN (SELECT timestamp FROM theirs WHERE timestamp = received_at)
ORDER BY row
"""
# Only those stay of which there is one without a time, received at that very moment.
_CONFIRM = """
CREATE TABLE untimed AS
SELECT filename, row, fingerprint FROM without_time SEMI JOIN
    (SELECT fingerprint, timestamp FROM theirs WHERE timestamp = received_at) AS there USING (fingerprint, timestamp)
"""


def find_untimed(duck: DuckDBPyConnection, mine: Sequence[Part]) -> bool:
    """Make the table ``untimed`` (filename, row, fingerprint) of the rows of the view ``mine`` that are, without their
    time, in the view ``theirs``. Answers whether there are any; without any there is no table either."""
    candidates = duck.execute(_CANDIDATES).fetchnumpy()
    if not len(candidates["row"]):
        return False
    duck.execute("CREATE TABLE without_time (filename VARCHAR, row BIGINT, timestamp TIMESTAMPTZ, fingerprint BLOB)")
    for part in mine:
        rows = candidates["row"][candidates["filename"] == str(part.path)]
        for table in _without_time(part, rows):
            duck.register("found", table)
            duck.execute("INSERT INTO without_time SELECT filename, row, timestamp, fingerprint FROM found")
            duck.unregister("found")
    duck.execute(_CONFIRM)
    return True


def _without_time(part: Part, rows: np.ndarray) -> Iterator[pa.Table]:
    """The rows of a part by their numbers, each with its moment and the fingerprint that it had without it."""
    if not len(rows):
        return
    base = 0
    with pq.ParquetFile(part.path) as source:
        for batch in source.iter_batches(_ROWS):
            mine = rows[(rows >= base) & (rows < base + batch.num_rows)]
            table = pa.Table.from_batches([batch]).take(pa.array(mine - base))
            base += batch.num_rows
            if len(mine):
                yield pa.table(
                    {
                        "filename": pa.repeat(pa.scalar(str(part.path)), len(mine)),
                        "row": pa.array(mine),
                        "timestamp": table["timestamp"],
                        "fingerprint": _fingerprints(table),
                    }
                )


def _fingerprints(table: pa.Table) -> pa.ChunkedArray:
    """What the reader says of the rows' own JSON, less the time; the keyed hashes that it makes are not looked at."""
    place = TABLE_SCHEMA.get_field_index("timestamp")
    times = pa.nulls(table.num_rows, TABLE_SCHEMA.field(place).type)
    text = export.lines(table.set_column(place, "timestamp", times))
    reader = Reader(Origin(0, datetime.now(UTC)), Keyring(b"untimed"), longest=len(text))
    batches = list(reader.read(io.BytesIO(text), Run(0, len(text), len(text), Format.LINES)))
    return pc.cast(pa.concat_tables([table for batch in batches for table in batch.tables])["fingerprint"], pa.binary())
