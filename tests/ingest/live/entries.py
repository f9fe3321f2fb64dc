"""Records on their way through the inbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.dataset as ds

from interactions.ingest import live
from interactions.models import Environment, InboxBatch, InboxEntry
from interactions.warehouse.lake import Lake

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def like(user: str, **fields: Any) -> dict[str, Any]:
    return {"type": "like", "user_id": user, **fields}


def with_uuid(uuid: str, **fields: Any) -> dict[str, Any]:
    return {"type": "like", "context": {"custom_context": {"uuid": uuid}}, **fields}


def call(environment: Environment, *records: dict[str, Any], after: float = 0) -> None:
    """Accept one call, so many seconds after noon."""
    text = ",".join(map(json.dumps, records)).encode()
    live.accept(environment.pk, NOON + timedelta(seconds=after), len(records), text)


def rows(lake: Lake) -> list[dict[str, Any]]:
    """All rows of the table, by user id."""
    if not lake.files():
        return []
    table = ds.dataset(lake.files(), format="parquet").to_table()
    return sorted(table.to_pylist(), key=lambda row: (row["user_id"] or "", row["timestamp"]))


def users(lake: Lake) -> list[str]:
    return [row["user_id"] for row in rows(lake)]


def is_empty() -> bool:
    return not InboxEntry.objects.exists() and not InboxBatch.objects.exists()
