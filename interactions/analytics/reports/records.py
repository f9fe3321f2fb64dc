"""Single records, page by page, by time or sorted by a column.

Pages use keyset pagination: page 1,000 costs as much as page 1, and nothing is shown twice or skipped while records
arrive. All functions raise :class:`~interactions.warehouse.steady.DataSetBusy`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from interactions.analytics.reports.cohorts import with_members
from interactions.analytics.reports.record_order import RecordKey, RecordSelection, at, walk
from interactions.analytics.reports.record_search import RecordSearch, with_products
from interactions.analytics.reports.record_sorted import RecordOrder, walk_sorted

# Fields of Filter that the search covers.
SEARCHED: Final = ("user_id", "anonymous_id", "product_id", "miso_id")

_MOST_BYTES: Final = 32 << 20  # of records that are held in memory at once
_PACKED: Final = 8  # how many times smaller Parquet has them


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records in the order asked for: ``rows`` has the columns of TABLE_SCHEMA and ``copy``, see RecordKey.

    ``previous`` and ``next`` are the keys at which the neighboring pages begin, None if there are none.
    """

    rows: pa.Table
    previous: RecordKey | None
    next: RecordKey | None

    @property
    def keys(self) -> list[RecordKey]:
        """The key of each row."""
        return _keys(self.rows)


def page(
    environment: str,
    filter: RecordSelection,
    *,
    after: RecordKey | None = None,
    before: RecordKey | None = None,
    is_last: bool = False,
    is_ascending: bool = False,
    limit: int,
) -> RecordPage:
    """A page of ``limit`` records that pass ``filter``: the first, those ``after`` or just ``before`` a key, or the
    last (``is_last``). The first are the newest or, with ``is_ascending``, the oldest."""
    turn = _Turn(after is not None, before is not None, is_last, is_ascending, limit)
    wanted = _known(environment, filter)
    rows = steady(environment, lambda parts: walk(parts, wanted, before or after, limit + 1, upwards=turn.is_upwards))
    return turn.page(rows)


def sorted_page(
    environment: str,
    filter: RecordSelection,
    order: RecordOrder,
    *,
    after: RecordKey | None = None,
    before: RecordKey | None = None,
    is_last: bool = False,
    limit: int,
) -> RecordPage:
    """The same, sorted by a column."""
    turn = _Turn(after is not None, before is not None, is_last, order.is_ascending, limit)
    wanted, place, backwards = _known(environment, filter), before or after, turn.is_backwards
    rows = steady(
        environment, lambda parts: walk_sorted(parts, wanted, order, place, limit + 1, is_backwards=backwards)
    )
    return turn.page(rows)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Which page is asked for."""

    is_after: bool
    is_before: bool
    is_last: bool
    is_ascending: bool
    limit: int

    @property
    def is_backwards(self) -> bool:
        return self.is_before or self.is_last

    @property
    def is_upwards(self) -> bool:
        """Whether rows are found from the oldest on."""
        return self.is_backwards is not self.is_ascending

    def page(self, found: pa.Table) -> RecordPage:
        """The page, given the rows that were found, which are one more than ``limit`` if there are more."""
        is_more, rows = found.num_rows > self.limit, found.slice(0, self.limit)
        if self.is_backwards:
            rows = rows.take(pa.array(range(rows.num_rows - 1, -1, -1), pa.int64()))
        keys = _keys(rows)
        has_previous, has_next = (is_more, self.is_before) if self.is_backwards else (self.is_after, is_more)
        return RecordPage(rows, keys[0] if keys and has_previous else None, keys[-1] if keys and has_next else None)


def count(environment: str, filter: RecordSelection) -> int:
    """The number of records that pass, counted in the table itself: for selections that the index can't answer."""
    wanted = _known(environment, filter)
    rows = steady(environment, lambda parts: parts.ask(lambda table: wanted.within(table).agg(records=_.count())))
    return int(rows["records"][0].as_py())


def _known(environment: str, selection: RecordSelection) -> RecordSelection:
    """The selection, with the members of its cohorts."""
    if isinstance(selection, RecordSearch):
        searched = replace(selection, filter=with_members(environment, selection.filter))
        return with_products(environment, searched)
    return with_members(environment, selection) if isinstance(selection, Filter) else selection


def oldest(environment: str, filter: Filter, *, after: RecordKey | None = None, limit: int) -> RecordPage:
    """The oldest ``limit`` records of ``filter``, or those that come ``after`` one of them; here oldest first.

    There are fewer where they are large. ``next`` is the key after which the next ones come, None where there are no
    more.
    """
    wanted = with_members(environment, filter)
    return steady(environment, lambda parts: _oldest(parts, wanted, after, limit))


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
            return RecordPage(found, previous=None, next=last if is_more else None)


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
