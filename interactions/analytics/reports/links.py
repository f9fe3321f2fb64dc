"""Links between anonymous ids and users, which determine who records without a user belong to.

A link is an anonymous id and a user seen in one record. An anonymous id seen with one user belongs to that user, with
all of its records. One seen with several (a shared device) is ambiguous: its records without a user belong only to
itself. Links aren't stored: they exist as long as the records do.
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
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index, Pairs
from interactions.analytics.question import question
from interactions.analytics.reports import person_records
from interactions.analytics.reports.person_records import anonymous_ids

_BOTH: Final = 3


@question
def links(index: Index) -> pd.DataFrame:
    """``anonymous_key, user_key, first_at, last_at, records``: a row for each anonymous id and user seen in one record.

    ``records`` and the times (UTC) are of records with both.
    """
    pairs, (first, last) = index.pairs, pair_spans(filtered(index, Filter()))
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


@question
def ambiguous(index: Index, limit: int) -> pd.DataFrame:
    """``anonymous_key, users, records, first_at, last_at``: anonymous ids seen with several users.

    The ones with the most users first, at most ``limit``. ``records`` and the times are of records that also have a
    user; there's at least one. Users named only by a record that was left out are included.
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
    """The number of users that each anonymous id was seen with, by key."""
    both = (pairs.has & _BOTH == _BOTH) & (pairs.records > 0)
    return pd.Series(pairs.user[both]).groupby(pairs.visitor[both]).nunique()


def with_ids(environment: str, ambiguous: pd.DataFrame) -> pd.DataFrame:
    """The result of :func:`ambiguous` with ``anonymous_id``, which is read from the records. Raises DataSetBusy."""
    keys = ambiguous["anonymous_key"].tolist()
    ids = steady(environment, lambda parts: anonymous_ids(parts, keys))["id"] if keys else pd.Series(dtype="object")
    named = ambiguous.assign(anonymous_id=ambiguous["anonymous_key"].map(ids))
    return named.dropna(subset="anonymous_id").reset_index(drop=True)


def links_of(environment: str, user_keys: Sequence[int]) -> pd.DataFrame:
    """``user_key, anonymous_key, anonymous_id, first_at, records, users``: the links of these users, oldest first.

    ``users`` is the number of users that the anonymous id was seen with, ``records`` the number of records with both (0
    if only a record that was left out has them). Read from the current records. Raises DataSetBusy.
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
    order = ["first_at", "anonymous_key", "user_key"]
    found = found.dropna(subset="anonymous_id").sort_values(order, ignore_index=True)
    return found[["user_key", "anonymous_key", "anonymous_id", "first_at", "records", "users"]]
