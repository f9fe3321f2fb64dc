"""Which anonymous ids were seen with which users, and which of these links are ambiguous."""

from __future__ import annotations

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational import people
from interactions.analytics.relational.data import DataSet

_PAIR = ("anonymous_key", "user_key")


def links(data: DataSet) -> ibis.Table:
    """``anonymous_key, user_key, first_at, last_at, records``: a row for each pair that stands in one record."""
    both = data.visible.filter(_.anonymous_key.notnull(), _.user_key.notnull())
    return both.group_by(*_PAIR).agg(first_at=_.timestamp.min(), last_at=_.timestamp.max(), records=_.count())


def ambiguous(data: DataSet, limit: int) -> ibis.Table:
    """``anonymous_id, anonymous_key, users, records, first_at, last_at``: ids seen with several users, most first.

    Records and times are of those that bear a user, too: there is one at least.
    """
    both = data.visible.filter(_.anonymous_key.notnull(), _.user_key.notnull())
    found = both.group_by("anonymous_key").agg(
        anonymous_id=_.anonymous_id.min(),
        records=_.count(),
        first_at=_.timestamp.min(),
        last_at=_.timestamp.max(),
    )
    users = people.seen_together(data).group_by(seen="anonymous_key").agg(users=_.count())
    found = found.join(users, found.anonymous_key == users.seen)
    found = found.filter(found.users > 1).order_by(ibis.desc("users"), ibis.desc("records"), "anonymous_key")
    return found.limit(limit).select("anonymous_id", "anonymous_key", "users", "records", "first_at", "last_at")


def audience(data: DataSet) -> ibis.Table:
    """One row: ``people, users, anonymous``, and of the anonymous ids ``linked``, those seen with one user, and
    ``shared``, those seen with several."""
    ids = people.seen_together(data).group_by("anonymous_key").agg(users=_.count())
    seen = ids.agg(linked=_.count(where=_.users == 1), shared=_.count(where=_.users > 1))
    return people.counted(data, Filter()).cross_join(seen)
