"""Make a table large: the parts of one import written again and again, of other people and, if wanted, of another time.

The records are real ones, as an import has written them; only who, when and the fingerprint change, so that a copy
counts as new in every question. Writing them so takes seconds where importing them would take minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse.lake import Lake, Part
from interactions.warehouse.parts import PartWriter

FIRST_IMPORT = 1_000
"""Copy n has the import id ``FIRST_IMPORT + n``."""
_FINGERPRINT_BYTES = 16
_INNER = slice(4, 12)  # bytes of a fingerprint that say nothing about its kind


def add_copies(
    files: Sequence[str], environment: str, numbers: Sequence[int], *, apart: timedelta, scratch: Path
) -> None:
    """Add a copy of ``files`` for each of ``numbers`` to the table of ``environment``, a commit each.

    Copy n is ``n * apart`` later than the original.
    """
    lake = Lake(environment)
    for number in numbers:
        parts = [_copy(Path(file), scratch, number, apart) for file in files]
        with lake.lock():
            lake.append(parts, mark=f"copy:{number}", import_id=FIRST_IMPORT + number)


def _copy(file: Path, scratch: Path, number: int, apart: timedelta) -> Part:
    path = scratch / file.name
    with PartWriter(path) as writer:
        for group in range((source := pq.ParquetFile(file)).num_row_groups):
            writer.add(_changed(source.read_row_group(group), number, apart))
    written = writer.written
    assert written.first
    assert written.last
    return Part(path, written.size, written.rows, written.first, written.last)


def _changed(table: pa.Table, number: int, apart: timedelta) -> pa.Table:
    columns = dict(zip(table.column_names, table.columns, strict=True))
    for kind in ("user", "anonymous"):
        columns[f"{kind}_id"] = pc.binary_join_element_wise(columns[f"{kind}_id"], f"{number}", "-")
        columns[f"{kind}_key"] = _keys(columns[f"{kind}_id"])
    columns["timestamp"] = pc.add(columns["timestamp"], pa.scalar(number * apart, pa.duration("us")))
    columns["import_id"] = pa.repeat(pa.scalar(FIRST_IMPORT + number, pa.int64()), table.num_rows)
    columns["fingerprint"] = _other_fingerprints(columns["fingerprint"], number)
    return pa.Table.from_arrays(
        [columns[name].cast(TABLE_SCHEMA.field(name).type) for name in TABLE_SCHEMA.names], schema=TABLE_SCHEMA
    )


def _keys(identifiers: pa.ChunkedArray) -> pa.ChunkedArray:
    """What an import would have made of these ids."""
    from interactions import identity  # only once Django is set up

    return pa.chunked_array([identity.keyring().column(identifiers.combine_chunks())])


def _other_fingerprints(column: pa.ChunkedArray, number: int) -> pa.Array:
    values = np.frombuffer(bytearray(b"".join(column.to_pylist())), np.uint8).reshape(-1, _FINGERPRINT_BYTES)
    values[:, _INNER] ^= np.frombuffer(_salt(number).to_bytes(8, "big"), np.uint8)
    return pa.array([row.tobytes() for row in values], pa.binary())


def _salt(number: int) -> int:
    """A positive number of 63 bits, another for each copy."""
    return (number + 1) * 0x9E3779B97F4A7C15 % (1 << 63)
