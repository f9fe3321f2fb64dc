"""Which ids were seen together: what says whose the records without a user are.

A link is an anonymous id and a user seen in one record. An anonymous id seen with one user belongs to that user, with
all its records; one seen with several (a shared device) is ambiguous, and its records without a user belong to nobody
but itself. Nothing is written back: take the records away and the link is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from interactions.analytics.engine import Snapshot, steady
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.ids import pair_spans
from interactions.analytics.index.look import look
from interactions.analytics.index.run import Index, Pairs
from interactions.analytics.reports import person_records
from interactions.analytics.reports.person_records import anonymous_ids

_BOTH: Final = 3


def links(index: Index) -> pd.DataFrame:
    """``anonymous_key, user_key, first_at, last_at, records``: a row for each anonymous id and user seen in one record.

    Records and times (UTC) are of both together.
    """
    pairs, (first, last) = index.pairs, pair_spans(look(index, Filter()))
    both = np.flatnonzero((pairs.has == _BOTH) & (pairs.records > 0))
    return pd.DataFrame(
        {
            "anonymous_key": pairs.visitor[both],
            "user_key": pairs.user[both],
            "first_at": pd.DatetimeIndex(first[both].astype("datetime64[us]")).tz_localize("UTC"),
            "last_at": pd.DatetimeIndex(last[both].astype("datetime64[us]")).tz_localize("UTC"),
            "records": pairs.records[both],
        }
    )


def ambiguous(index: Index, limit: int) -> pd.DataFrame:
    """``anonymous_key, users, records, first_at, last_at``: anonymous ids seen with several users.

    Those with most users first, at most ``limit``. Records and times are of those that bear a user, too: there is one
    at least. Among the users are those whom only a record that was left out names.
    """
    found = (
        links(index)
        .groupby("anonymous_key", as_index=False)
        .agg(records=("records", "sum"), first_at=("first_at", "min"), last_at=("last_at", "max"))
    )
    found.insert(1, "users", found["anonymous_key"].map(_users(index.pairs)).astype("int64"))
    found = found[found["users"] > 1]
    found = found.sort_values(["users", "records", "anonymous_key"], ascending=[False, False, True]).head(limit)
    return found.reset_index(drop=True)


def _users(pairs: Pairs) -> pd.Series:
    """With how many users each anonymous id was seen, by its key."""
    both = (pairs.has & _BOTH == _BOTH) & (pairs.records > 0)
    return pd.Series(pairs.user[both]).groupby(pairs.visitor[both]).nunique()


def with_ids(environment: str, ambiguous: pd.DataFrame) -> pd.DataFrame:
    """What :func:`ambiguous` gives, with ``anonymous_id``: only the records hold it. Raises DataSetBusy."""
    keys = ambiguous["anonymous_key"].tolist()
    ids = steady(environment, lambda parts: anonymous_ids(parts, keys))["id"] if keys else pd.Series(dtype="object")
    named = ambiguous.assign(anonymous_id=ambiguous["anonymous_key"].map(ids))
    return named.dropna(subset="anonymous_id").reset_index(drop=True)


def links_of(environment: str, user_keys: Sequence[int]) -> pd.DataFrame:
    """``user_key, anonymous_key, anonymous_id, first_at, records, users``: the links of these users, oldest first.

    ``users`` is with how many users the anonymous id was seen, ``records`` how many bear both: none where only a record
    that was left out did. Read from the records, and of this moment. Raises DataSetBusy.
    """
    return steady(environment, lambda parts: _links_of(parts, user_keys))


def _links_of(parts: Snapshot, user_keys: Sequence[int]) -> pd.DataFrame:
    asked = ibis.memtable(pa.table({"asked": pa.array(user_keys, pa.int64())}))

    def question(table: ibis.Table) -> ibis.Table:
        theirs = person_records.links(parts, table).semi_join(asked, [_.user_key == asked.asked])
        return theirs.group_by("user_key", "anonymous_key").agg(first_at=_.timestamp.min(), records=_.records.sum())

    found = parts.ask(question).to_pandas()
    ids = anonymous_ids(parts, found["anonymous_key"].unique().tolist()) if len(found) else None
    for column, name in (("anonymous_id", "id"), ("users", "users")):
        found[column] = [] if ids is None else found["anonymous_key"].map(ids[name])
    found = found.dropna(subset="anonymous_id").sort_values(["first_at", "anonymous_key"], ignore_index=True)
    return found[["user_key", "anonymous_key", "anonymous_id", "first_at", "records", "users"]]
