"""The person of each record, and the number of people.

A record's person is its user; else the only user that its anonymous id was ever seen with; else the anonymous id.
"""

from __future__ import annotations

import ibis
import pyarrow as pa
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.moments import microseconds

PERSON = ("person", "alone")


def seen_together(data: DataSet) -> ibis.Table:
    """``anonymous_key, user_key``: each anonymous id and user that one record bears, of those left out, too."""
    both = data.visible.filter(_.anonymous_key.notnull(), _.user_key.notnull()).select("anonymous_key", "user_key")
    users, visitors = zip(*data.links, strict=True) if data.links else ((), ())
    columns = {"anonymous_key": pa.array(visitors, pa.int64()), "user_key": pa.array(users, pa.int64())}
    return both.union(ibis.memtable(pa.table(columns)), distinct=True)


def owners(data: DataSet) -> ibis.Table:
    """``owned, owner``: the anonymous ids seen with exactly one user, and that user.

    It is of the whole data set: who somebody is doesn't depend on a filter.
    """
    pairs = seen_together(data).group_by(owned="anonymous_key").agg(owner=_.user_key.min(), other=_.user_key.max())
    return pairs.filter(_.owner == _.other).drop("other")


def with_person(rows: ibis.Table, data: DataSet) -> ibis.Table:
    """``rows`` with ``person`` and ``alone``: a key, and whether it is that of an anonymous id; and ``at`` in µs.

    ``person`` is null where a record has neither id.
    """
    links = owners(data)
    rows = rows.left_join(links, [rows.anonymous_key == links.owned, rows.user_key.isnull()])
    return rows.mutate(
        person=ibis.coalesce(rows.user_key, rows.owner, rows.anonymous_key),
        alone=rows.user_key.isnull() & rows.owner.isnull(),
        at=microseconds(rows.timestamp),
    ).drop("owned", "owner")


def of_somebody(data: DataSet, filter: Filter) -> ibis.Table:
    """``person, alone, at, type, user_key, anonymous_key`` of each record that passes ``filter`` and has a person."""
    rows = with_person(data.within(filter), data).filter(_.person.notnull())
    return rows.select(*PERSON, "at", "type", "user_key", "anonymous_key")


def counted(data: DataSet, filter: Filter) -> ibis.Table:
    """One row: ``people, users, anonymous``, how many of each occur among the records that pass ``filter``."""
    rows = of_somebody(data, filter)
    people = rows.select(*PERSON).distinct().agg(people=_.count())
    return people.cross_join(rows.agg(users=_.user_key.nunique(), anonymous=_.anonymous_key.nunique()))
