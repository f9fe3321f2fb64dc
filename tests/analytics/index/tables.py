"""Tables that change in all the ways in which tables do, for an index that has to follow."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from interactions.analytics.index.build import build_table
from interactions.analytics.index.merge import merge
from interactions.analytics.index.refresh import TableSnapshot
from interactions.analytics.index.run import Index, Pairs
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Tombstones
from interactions.warehouse import compact
from interactions.warehouse.lake import Lake
from interactions.warehouse.overlaps import Handover
from interactions.warehouse.rewrite import remove_import, remove_older, remove_rows

from ...lakes import Record, append, key_of, record
from .naive import check_form
from .rows import said

ENVIRONMENT = "production"
DAY = datetime(2024, 5, 1, tzinfo=UTC)
NOBODY = Tombstones.of([])


def row(user: str | None, visitor: str | None, minute: int, **fields: Any) -> Record:
    said = {"user_id": user, "anonymous_id": visitor, "product_ids": ["p1", f"p{minute}"], "keywords": f"k{minute}"}
    moment = DAY + timedelta(minutes=minute)
    return record("search", moment.isoformat(), **{"received_at": moment + timedelta(seconds=1), **said, **fields})


def add(rows: Iterable[Record], import_id: int = 0) -> None:
    rows = list(rows)
    if rows:
        append(rows, import_id=import_id)


def undo(import_id: int, to: int | None = None) -> None:
    """Undo an import; with ``to``, every second of its rows becomes that import's."""
    lake = Lake(ENVIRONMENT)
    own = {part.path: part.rows for part in lake.parts() if part.import_id == import_id}
    stay = {path: (np.arange(rows) % 2).astype(np.uint16) for path, rows in own.items()}
    remove_import(lake, import_id, Handover() if to is None else Handover([to], stay))


def age(minute: int) -> None:
    remove_older(Lake(ENVIRONMENT), DAY + timedelta(minutes=minute))


def erase(people: Tombstones) -> None:
    remove_rows(Lake(ENVIRONMENT), people.mask, ["user_key", "anonymous_key", "timestamp", "received_at"])


def drop(is_gone: Callable[[dict[str, Any]], bool], columns: list[str]) -> None:
    """Take out any rows, by some columns of theirs."""

    def mask(table: pa.Table) -> np.ndarray:
        return np.array([is_gone(each) for each in table.to_pylist()], bool)

    remove_rows(Lake(ENVIRONMENT), mask, columns)


def merge_parts(least: int = 2) -> None:
    """What ``compact`` does, without the lock."""
    lake = Lake(ENVIRONMENT)
    parts = compact._small(lake, 1 << 20)
    if len(parts) < least:
        return
    draft = Path(settings.SCRATCH_DIR) / f"compact-{secrets.token_hex(8)}.parquet"
    merged = compact._write(parts, draft)
    if merged is not None:
        lake.replace(parts, [merged], changes_data=False)


def stones(users: dict[str, int] | None = None, visitors: dict[str, int] | None = None) -> Tombstones:
    """People, and until which minute."""
    named = [(key_of(user), None, DAY + timedelta(minutes=at)) for user, at in (users or {}).items()]
    named += [(None, key_of(visitor), DAY + timedelta(minutes=at)) for visitor, at in (visitors or {}).items()]
    return Tombstones.of(named)


def table(hidden: Tombstones = NOBODY) -> TableSnapshot:
    version, parts = Lake(ENVIRONMENT).state()
    return TableSnapshot(version, tuple(parts), hidden)


def records_of(of: TableSnapshot) -> pa.Table:
    return pa.concat_tables(
        [pq.read_table(part.path).cast(TABLE_SCHEMA) for part in of.parts] or [TABLE_SCHEMA.empty_table()]
    )


def built(of: TableSnapshot) -> Index:
    return build_table(records_of(of), of.hidden, ENVIRONMENT, of.version)


def whole(index: Index) -> dict[str, Any]:
    """What an index says, whatever its runs and codes."""
    check_form(index)
    living = [merge([run]) for run in index.runs]
    people = [person for run in living for person in zip(run.people.tolist(), run.alone.tolist(), strict=True)]
    assert len(people) == len(set(people)), "Each person is whole in one run."
    ids = zip(*(getattr(index.pairs, name).tolist() for name in Pairs.__dataclass_fields__), strict=True)
    pairs = sorted(pair for pair in ids if pair[3])
    events = said(Index(index.environment, index.version, tuple(living), index.pairs, index.texts))
    return {"version": index.version, "events": sorted(map(repr, events)), "pairs": pairs, "rows": len(index)}
