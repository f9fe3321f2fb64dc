"""Single records, page by page, newest first.

Pages use keyset pagination: page 1,000 costs as much as page 1, and nothing is shown twice or skipped while records
arrive. All functions raise :class:`~interactions.warehouse.steady.DataSetBusy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Final
from uuid import UUID

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from interactions import identity
from interactions.analytics.engine import Snapshot, steady
from interactions.analytics.filters import Filter
from interactions.analytics.reports.record_order import RecordKey, at, walk

# Fields of Filter that the search covers.
SEARCHED: Final = ("user_id", "anonymous_id", "product_id", "miso_id")

_MOST_BYTES: Final = 32 << 20  # of records that are held in memory at once
_PACKED: Final = 8  # how many times smaller Parquet has them


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records, newest first: ``rows`` has the columns of TABLE_SCHEMA and ``copy``, see RecordKey.

    ``newer`` and ``older`` are the keys at which the neighboring pages begin, None if there are none.
    """

    rows: pa.Table
    newer: RecordKey | None
    older: RecordKey | None

    @property
    def keys(self) -> list[RecordKey]:
        """The key of each row."""
        return _keys(self.rows)


def page(
    environment: str,
    filter: Filter,
    *,
    after: RecordKey | None = None,
    before: RecordKey | None = None,
    is_last: bool = False,
    limit: int,
) -> RecordPage:
    """A page of ``limit`` records that pass ``filter``: the newest, those ``after`` or just ``before`` a key, or the
    oldest (``is_last``)."""
    upwards = before is not None or is_last
    place = before or after
    rows = steady(environment, lambda parts: walk(parts, filter, place, limit + 1, upwards=upwards))
    is_more = rows.num_rows > limit
    rows = rows.slice(0, limit)
    if upwards:
        rows = rows.take(pa.array(range(rows.num_rows - 1, -1, -1), pa.int64()))
    keys = _keys(rows)
    newer, older = (is_more, before is not None) if upwards else (after is not None, is_more)
    return RecordPage(rows, keys[0] if keys and newer else None, keys[-1] if keys and older else None)


def oldest(environment: str, filter: Filter, *, after: RecordKey | None = None, limit: int) -> RecordPage:
    """The oldest ``limit`` records of ``filter``, or those that come ``after`` one of them; here oldest first.

    There are fewer where they are large. ``newer`` is the key after which the next ones come, None where there are no
    more.
    """
    return steady(environment, lambda parts: _oldest(parts, filter, after, limit))


def _oldest(parts: Snapshot, filter: Filter, after: RecordKey | None, limit: int) -> RecordPage:
    step, last = _rows_at_once(parts, limit), after
    tables: list[pa.Table] = []
    while True:
        wanted = min(step, limit - sum(table.num_rows for table in tables))
        rows = walk(parts, filter, last, wanted + 1, upwards=True)
        is_more = rows.num_rows > wanted
        tables.append(rows.slice(0, wanted))
        if is_more:
            last = _keys(rows.slice(wanted - 1, 1))[0]
        found = pa.concat_tables(tables)
        if not is_more or found.num_rows == limit or found.nbytes >= _MOST_BYTES:
            return RecordPage(found, newer=last if is_more else None, older=None)


def _rows_at_once(parts: Snapshot, limit: int) -> int:
    """How many rows are likely to fit into _MOST_BYTES, by the largest that a part has on average."""
    largest = max((part.size / part.rows for part in parts.parts if part.rows), default=0)
    return max(1, min(limit, int(_MOST_BYTES / (1 + largest * _PACKED))))


def record(environment: str, key: RecordKey) -> pa.Table | None:
    """One record as a row of TABLE_SCHEMA with ``copy`` and ``copies``, the number of records with its timestamp and
    fingerprint; None if there is none."""

    def alike(parts: Snapshot) -> pa.Table:
        return at(parts, key.place, lambda table: table)

    found = steady(environment, alike)
    one = found.filter(pc.equal(found["copy"], key.copy))
    return one.append_column("copies", pa.array([found.num_rows])) if one.num_rows else None


def search(environment: str, text: str, *, people: bool = True) -> dict[str, int]:
    """The number of records with exactly ``text`` in each of SEARCHED, without zeros. Without ``people``, user and
    anonymous ids aren't searched."""

    keyring = identity.keyring()

    def look(table: ibis.Table) -> ibis.Table:
        # Keys are numbers, which are faster to compare than ids. One query covers all fields.
        return table.agg(
            user_id=_.count(where=_.user_key == keyring.key(text)),
            anonymous_id=_.count(where=_.anonymous_key == keyring.key(text)),
            product_id=_.count(where=_.product_ids.contains(text)),
            # The largest column is read only if the text can be in it.
            miso_id=_.count(where=_.miso_id.lower() == text.lower()) if _is_uuid(text) else ibis.literal(0),
        )

    rows = steady(environment, lambda parts: parts.ask(look)).to_pylist()
    searched = SEARCHED if people else SEARCHED[2:]
    return {name: rows[0][name] for name in searched if rows[0][name]}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _keys(rows: pa.Table) -> list[RecordKey]:
    columns = (rows[name].to_pylist() for name in ("timestamp", "fingerprint", "copy"))
    return [RecordKey(at.astimezone(UTC), fingerprint, copy) for at, fingerprint, copy in zip(*columns, strict=True)]
