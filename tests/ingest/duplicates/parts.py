"""Parts of a table that are never in one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse.lake import Part

MOMENT = datetime(2024, 3, 1, tzinfo=UTC)


def part(folder: Path, fingerprints: Sequence[bytes], first: datetime = MOMENT, group: int = 5) -> Part:
    """A part of rows that differ in nothing but fingerprint and user, named so that its name tells no order."""
    rows = [
        {
            **dict.fromkeys(TABLE_SCHEMA.names),
            "type": "like",
            "timestamp": first,
            "import_id": 1,
            "received_at": MOMENT + timedelta(days=1),
            "fingerprint": each,
            "user_id": str(number),
        }
        for number, each in enumerate(fingerprints)
    ]
    path = folder / f"{os.urandom(4).hex()}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=TABLE_SCHEMA), path, row_group_size=group)
    return Part(path, path.stat().st_size, len(rows), first, first, 1)
