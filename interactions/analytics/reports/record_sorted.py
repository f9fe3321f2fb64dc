"""Keyset pagination of records by a column.

Parts aren't in this order, so a page looks at three columns of all parts that the filter's period reaches. The order is
exact: time, fingerprint and number among equals break ties. Records without a value come last, in either direction.
A page begins after a record, whose value is looked up. So addresses have no values, which may be ids of people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from interactions.analytics.engine import MOMENT, Snapshot
from interactions.analytics.reports.record_order import RecordKey, RecordSelection, at


def _first_of(name: str) -> Callable[[ibis.Table], Any]:
    return lambda table: table[name][0]


_VALUES: Final[dict[str, Callable[[ibis.Table], Any]]] = {
    "person": lambda table: ibis.coalesce(table.user_id, table.anonymous_id),
    "origin": lambda table: table.import_id,
    "quantities": lambda table: table.quantities.sums(),
    **{name: _first_of(name) for name in ("product_ids", "product_group_ids", "category")},
}
_PLAIN: Final = (
    *("type", "page_url", "user_id", "anonymous_id", "miso_id", "keywords", "revenue", "duration", "rating"),
    *("custom_action_name", "campaign_source", "campaign_medium", "campaign_name", "page_title", "page_referrer"),
    *("locale", "region", "user_agent", "received_at"),
)
SORTED: Final = (*_PLAIN, *_VALUES)
"""What records can be sorted by, besides their time: lists by their first element, quantities by their sum, a person by
the user id or else the anonymous id, and an origin by the number of the import."""
_TIES: Final = ("timestamp", "fingerprint")
_NOWHERE: Final = RecordKey(datetime(1970, 1, 1, tzinfo=UTC), b"", 1)


@dataclass(frozen=True, slots=True)
class RecordOrder:
    """By which of SORTED, and in which direction."""

    name: str
    is_ascending: bool

    def value(self, table: ibis.Table) -> Any:
        """What is compared, as an expression over the table's records."""
        return _VALUES[self.name](table) if self.name in _VALUES else table[self.name]


@dataclass(frozen=True, slots=True)
class _Place:
    """A record and its value."""

    key: RecordKey
    value: Any


def walk_sorted(
    parts: Snapshot,
    selection: RecordSelection,
    order: RecordOrder,
    after: RecordKey | None,
    limit: int,
    *,
    is_backwards: bool,
) -> pa.Table:
    """The first ``limit`` records of a selection ``after`` a record or, ``is_backwards``, before it, nearest first.

    Without a record, or if it's gone, from the first or the last on. Columns are those of TABLE_SCHEMA, and ``copy``.
    Raises FileNotFoundError.
    """
    place = _place(parts, order, after) if after else None
    upwards = order.is_ascending is not is_backwards
    direction = ibis.asc if upwards else ibis.desc
    by = [direction("sorted_by", nulls_first=is_backwards), *(direction(name) for name in _TIES)]

    def look(table: ibis.Table) -> ibis.Table:
        rows = selection.within(table)
        rows = parts.computed(rows.select(*_TIES, sorted_by=order.value(rows)), "sorted_by")
        if place is not None:
            rows = rows.filter(_is_beyond(rows, place, upwards, is_backwards))
        return rows.order_by(by).limit(limit)

    def beyond(table: ibis.Table) -> ibis.Table:
        rows = selection.within(table)
        rows = parts.computed(rows.mutate(sorted_by=order.value(rows)), "sorted_by")
        if place is not None:
            rows = rows.filter(_is_beyond(rows, place, upwards, is_backwards, by_copy=True))
        return rows.order_by([*by, ibis.desc("copy") if upwards else ibis.asc("copy")]).limit(limit).drop("sorted_by")

    found = parts.ask(look).select(_TIES).cast(_NOWHERE.place.schema)
    # There may be more copies at the place itself.
    return at(parts, pa.concat_tables([*([place.key.place] if place else []), found]), beyond)


def _place(parts: Snapshot, order: RecordOrder, key: RecordKey) -> _Place | None:
    """None if there is no such record."""
    rows = at(parts, key.place, lambda table: table.select(_.copy, sorted_by=order.value(table)))
    found = rows.filter(pc.equal(rows["copy"], key.copy))
    return _Place(key, found["sorted_by"][0].as_py()) if found.num_rows else None


def _is_beyond(
    rows: ibis.Table, place: _Place, upwards: bool, is_backwards: bool, *, by_copy: bool = False
) -> ibis.Value:
    """Whether a record is after the place; without ``by_copy``, only if another time or fingerprint puts it there."""
    key, value = place.key, place.value
    found: Any = ibis.literal(False)
    if by_copy:
        found = rows.copy < key.copy if upwards else rows.copy > key.copy
    fingerprint = ibis.literal(key.fingerprint, type="binary")
    for column, bound in ((rows.fingerprint, fingerprint), (rows.timestamp, ibis.literal(key.timestamp, type=MOMENT))):
        found = (column > bound if upwards else column < bound) | ((column == bound) & found)
    if value is None:
        return rows.sorted_by.notnull() | found if is_backwards else rows.sorted_by.isnull() & found
    bound = ibis.literal(value, type=rows.sorted_by.type())
    further = rows.sorted_by > bound if upwards else rows.sorted_by < bound
    found = further | ((rows.sorted_by == bound) & found)
    return found if is_backwards else found | rows.sorted_by.isnull()
