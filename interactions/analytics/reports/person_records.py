"""The records of one person, found by their keys. Nothing is cached.

A person is a user, including the records without a user_id of every anonymous id seen only with this user; or an
anonymous id, with its records without a user_id. Only this person's records are queried, so the cost doesn't depend on
the number of people. All functions raise FileNotFoundError.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _

from interactions.analytics.engine import MOMENT, Expression, Snapshot
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Person
from interactions.warehouse.links import first_seen

_NARROW: Final = ("timestamp", "type", "import_id")
# Newest first, with all columns as tie breakers, so that only identical records can change places.
_ORDER: Final = tuple(dict.fromkeys(("timestamp", "fingerprint", *TABLE_SCHEMA.names)))


def has_records(parts: Snapshot, person: Person) -> bool:
    """Whether any record has the person's key, alone or with another."""
    return bool(_ask(parts, lambda table: table.filter(_is(person)).limit(1).select("type")).num_rows)


def naming(parts: Snapshot, person: Person) -> pd.DataFrame:
    """``timestamp, type, import_id, fingerprint, other`` of each record with the person's key.

    ``other`` is the record's key of the other kind, or None.
    """
    other = "anonymous_key" if person.user_key is not None else "user_key"
    rows = _ask(parts, lambda table: table.filter(_is(person)).select(*_NARROW, "fingerprint", other=_[other]))
    return rows.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


def alone(parts: Snapshot, anonymous_keys: Sequence[int]) -> pd.DataFrame:
    """``timestamp, type, import_id`` of each record without a user that has one of these keys."""
    rows = _ask(parts, lambda table: _of_keys(table.filter(_.user_key.isnull()), anonymous_keys).select(*_NARROW))
    return rows.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


def links(parts: Snapshot, table: ibis.Table) -> ibis.Table:
    """``user_key, anonymous_key, timestamp, records`` (0 or 1) of each record of ``table`` that bears both, and of each
    that was left out and tells that the two are one person's (``warehouse.links``)."""
    both = table.filter(_.user_key.notnull(), _.anonymous_key.notnull())
    left_out = ibis.memtable(first_seen(parts.environment, parts.hidden))
    one, none = ibis.literal(1, "int64"), ibis.literal(0, "int64")
    moment = both.timestamp.cast(MOMENT)  # of a table without parts it can't be null, elsewhere it may
    return both.select("user_key", "anonymous_key", timestamp=moment, records=one).union(
        left_out.select("user_key", "anonymous_key", timestamp=_.first_at, records=none)
    )


def anonymous_ids(parts: Snapshot, anonymous_keys: Sequence[int]) -> pd.DataFrame:
    """``id, users`` by key: the ids of these keys that occur, and the number of users they were seen with."""

    def look(table: ibis.Table) -> ibis.Table:
        users = _of_keys(links(parts, table), anonymous_keys)
        users = users.group_by(key="anonymous_key").agg(users=_.user_key.nunique())
        ids = _of_keys(table, anonymous_keys).group_by("anonymous_key").agg(id=_.anonymous_id.min())
        return users.join(ids, users.key == ids.anonymous_key).select("key", "id", "users")

    return _ask(parts, look).to_pandas().set_index("key")


def user_ids(parts: Snapshot, user_keys: Sequence[int]) -> pd.DataFrame:
    """``id`` by key: the users of these keys that occur."""

    def look(table: ibis.Table) -> ibis.Table:
        return _of_keys(table, user_keys, "user_key").group_by(key="user_key").agg(id=_.user_id.min())

    return _ask(parts, look).to_pandas().set_index("key")


def id_of(parts: Snapshot, person: Person, at: datetime) -> str:
    """The id itself, from a record at the time ``at``."""
    column = "user_id" if person.user_key is not None else "anonymous_id"
    moment = ibis.literal(at, type=MOMENT)
    found = _ask(parts, lambda table: table.filter(_.timestamp == moment, _is(person)).limit(1).select(column))
    return str(found[column][0].as_py())


def whole(
    parts: Snapshot, person: Person, owned: Sequence[int], newest: datetime, oldest: datetime, skip: int, limit: int
) -> pa.Table:
    """Rows of TABLE_SCHEMA: the person's records from ``oldest`` to ``newest``, newest first, ``limit`` of them after
    skipping ``skip``."""

    def look(table: ibis.Table) -> ibis.Table:
        low, high = (ibis.literal(bound, type=MOMENT) for bound in (oldest, newest))
        rows = _of_person(table.filter(_.timestamp.between(low, high)), person, owned)
        return rows.order_by([ibis.desc(name) for name in _ORDER]).limit(limit, offset=skip)

    return _ask(parts, look).select(TABLE_SCHEMA.names).cast(TABLE_SCHEMA)


def _of_person(table: ibis.Table, person: Person, owned: Sequence[int]) -> ibis.Table:
    if person.user_key is None:
        return table.filter(_.user_key.isnull(), _is(person))
    known = table.filter(_is(person))
    # Two queries, each by one column: then the engine reads the other columns only for the rows found.
    return known.union(_of_keys(table.filter(_.user_key.isnull()), owned)) if owned else known


def _of_keys(table: ibis.Table, keys: Sequence[int], column: str = "anonymous_key") -> ibis.Table:
    if len(keys) == 1:
        return table.filter(table[column] == keys[0])
    # At 10 M records this takes half the time of an IN list.
    wanted = ibis.memtable(pa.table({"wanted": pa.array(keys, pa.int64())}))
    return table.semi_join(wanted, [table[column] == wanted.wanted])


def _is(person: Person) -> Any:
    if person.user_key is not None:
        return _.user_key == person.user_key
    return _.anonymous_key == person.anonymous_key


def _ask(parts: Snapshot, expression: Expression) -> pa.Table:
    return parts.ask(expression)
