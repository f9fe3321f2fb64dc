"""The table without hidden people: those who asked to be deleted and whose records may still be in it."""

from __future__ import annotations

import ibis
import pyarrow as pa

from interactions.analytics.relational.moments import microseconds
from interactions.contract.tombstones import AHEAD, Moments, Tombstones


def without(table: ibis.Table, hidden: Tombstones) -> ibis.Table:
    """``table`` without the records of ``hidden`` people, by the rule of :class:`~Tombstones`."""
    table = _without(table, hidden.users, "user_key")
    return _without(table, hidden.anonymous, "anonymous_key", table.user_key.isnull())


def _without(table: ibis.Table, moments: Moments, column: str, *only_if: ibis.Value) -> ibis.Table:
    if not len(moments):
        return table
    people = ibis.memtable(pa.table({"hidden_key": moments.keys, "hidden_until": moments.until}))
    rows = table.left_join(people, [table[column] == people.hidden_key, *only_if])
    dated, received = microseconds(rows.timestamp), microseconds(rows.received_at)
    is_newer = (ibis.least(dated, received) > rows.hidden_until) & (dated - received <= AHEAD)
    return rows.filter(rows.hidden_key.isnull() | is_newer).drop("hidden_key", "hidden_until")
