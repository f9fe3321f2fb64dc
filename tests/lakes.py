"""Tables of interactions for tests, made without the codec: a test of a question needs no file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse.lake import Lake, Part

Record = dict[str, Any]


def record(kind: str = "like", at: str = "2024-01-01T00:00:00Z", **fields: Any) -> Record:
    """One interaction, as the columns of the table that ``fields`` name; ``at`` is its timestamp."""
    return {"type": kind, "timestamp": datetime.fromisoformat(at).astimezone(UTC), **fields}


def append(records: Iterable[Record], *, environment: str = "production", import_id: int = 1) -> int:
    """Add ``records`` as one part; answers the table's version. ``import_id`` is of those that do not say theirs."""
    rows = [as_row(each, import_id) for each in records]
    for of_import in sorted({row["import_id"] for row in rows}):
        version = _add([row for row in rows if row["import_id"] == of_import], environment, of_import)
    return version


def written(records: Iterable[Record], import_id: int = 1) -> Part:
    """``records`` as a part that is to be added."""
    return _write([as_row(each, import_id) for each in records])


def _add(rows: list[Record], environment: str, import_id: int) -> int:
    part = _write(rows)
    return Lake(environment).append([part], mark=part.file.stem, import_id=import_id)


def _write(rows: list[Record]) -> Part:
    folder = Path(settings.SCRATCH_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{os.urandom(8).hex()}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=TABLE_SCHEMA), path)
    times = [row["timestamp"] for row in rows]
    return Part(path, path.stat().st_size, len(rows), min(times), max(times))


def as_row(fields: Record, import_id: int = 1) -> Record:
    """All columns of the table; what ``fields`` do not say is null, or of an import of 1 June 2024."""
    return {
        **dict.fromkeys(TABLE_SCHEMA.names),
        "import_id": import_id,
        "received_at": datetime(2024, 6, 1, tzinfo=UTC),
        "fingerprint": os.urandom(16),
        "user_key": key_of(fields.get("user_id")),
        "anonymous_key": key_of(fields.get("anonymous_id")),
        **fields,
    }


def key_of(text: str | None) -> int | None:
    if text is None:
        return None
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
