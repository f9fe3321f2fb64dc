"""Who is who: which anonymous ids belong to which users, derived from the records that bear both.

A link is a pair of an anonymous id and a user id seen in one record. An anonymous id seen with one user
belongs to that user, with all its records; one seen with several (a shared device) is ambiguous, and its records
without a user belong to nobody but itself. Nothing is written back: take the records away and the link is gone.
People are named by the keyed hashes of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from interactions.analytics.filters import Filter
from interactions.queries import kinds
from interactions.queries.answers import Question, ask
from interactions.queries.asking import about
from interactions.queries.measures import first, last, records

_PAIR: Final = ["anonymous_key", "user_key"]


def links(environment: str) -> pd.DataFrame:
    """``anonymous_key, user_key, first_at, last_at, records``: a row a pair; records and times (UTC) of both together.

    Raises :class:`~interactions.queries.answers.DataSetBusy`, as all that follow.
    """
    return _pairs(environment).to_pandas()


def unambiguous(environment: str) -> pa.Table:
    """``anonymous_key, user_key`` (int64): anonymous ids seen with exactly one user, and that user."""
    return of_one_user(_pairs(environment))


def of_one_user(pairs: pa.Table) -> pa.Table:
    """:func:`unambiguous` of the answer to LINKS."""
    pairs = pairs.select(_PAIR)
    users = pairs.group_by("anonymous_key").aggregate([("user_key", "count"), ("user_key", "min")])
    alone = users.filter(pc.equal(users["user_key_count"], 1))
    return pa.table({"anonymous_key": alone["anonymous_key"], "user_key": alone["user_key_min"]})


def links_of(environment: str, user_keys: Sequence[int]) -> pd.DataFrame:
    """``user_key, anonymous_key, anonymous_id, first_at, records, users, is_ambiguous``: the links of these users.

    ``users`` is with how many users the anonymous id was seen; with more than one it is ambiguous. Oldest first.
    """
    pairs = links(environment)
    pairs["users"] = pairs.groupby("anonymous_key")["user_key"].transform("size").astype("int64")
    found = pairs[pairs["user_key"].isin(list(user_keys))].copy()
    found["is_ambiguous"] = found["users"] > 1
    found["anonymous_id"] = found["anonymous_key"].map(_anonymous_ids(environment, found["anonymous_key"]))
    found = found.sort_values(["first_at", "anonymous_key"], ignore_index=True)
    return found[["user_key", "anonymous_key", "anonymous_id", "first_at", "records", "users", "is_ambiguous"]]


def ambiguous(environment: str, limit: int) -> pd.DataFrame:
    """``anonymous_id, anonymous_key, users, records, first_at, last_at``: anonymous ids seen with several users.

    Those with most users first, at most ``limit``. Records and times are of those that bear a user, too.
    """
    found = (
        links(environment)
        .groupby("anonymous_key", as_index=False)
        .agg(
            users=("user_key", "size"),
            records=("records", "sum"),
            first_at=("first_at", "min"),
            last_at=("last_at", "max"),
        )
    )
    found = found[found["users"] > 1]
    found = found.sort_values(["users", "records", "anonymous_key"], ascending=[False, False, True]).head(limit)
    found = found.reset_index(drop=True).astype({"users": "int64"})
    found.insert(0, "anonymous_id", found["anonymous_key"].map(_anonymous_ids(environment, found["anonymous_key"])))
    return found


def _pairs(environment: str) -> pa.Table:
    return ask(environment, LINKS)[0]


def _collect(rows: ibis.Table) -> ibis.Table:
    both = rows.filter(_.anonymous_key.notnull(), _.user_key.notnull())
    return both.group_by(_PAIR).agg(first_at=first(both), last_at=last(both), records=records(both))


def _merge(rows: pa.Table) -> pa.Table:
    sums = rows.group_by(_PAIR).aggregate([("first_at", "min"), ("last_at", "max"), ("records", "sum")])
    return sums.rename_columns(rows.column_names)


LINKS: Final = about(Filter(), "links", _collect, merge=_merge, over=kinds.LINKS)
# Of the whole data set, whatever the filter: who a visitor is does not depend on what is looked at.
OWNERS: Final = Question("unambiguous", (), None, conclude=of_one_user, needs=(LINKS,))


def _anonymous_ids(environment: str, keys: pd.Series) -> dict[int, str]:
    """The id behind each key, from the records themselves: only they hold it."""
    wanted = sorted({int(key) for key in keys})
    if not wanted:
        return {}

    def collect(table: ibis.Table) -> ibis.Table:
        return table.filter(_.anonymous_key.isin(wanted)).select("anonymous_key", "anonymous_id").distinct()

    question = Question("anonymous_ids", tuple(map(str, wanted)), collect, lambda rows: rows)
    rows = ask(environment, question)[0]
    return dict(zip(rows["anonymous_key"].to_pylist(), rows["anonymous_id"].to_pylist(), strict=True))
