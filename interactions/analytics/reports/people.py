"""Records of given people, for deletion requests and access letters, and the ages of all records, for retention.

Nothing is cached, because the answers name people or are needed only once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _

from interactions.analytics.bars import months
from interactions.analytics.engine import Expression, steady
from interactions.analytics.relational.moments import SECOND, seconds

_QUARTER: Final = 15 * 60  # seconds


def by_user(environment: str, user_keys: Sequence[int]) -> pd.DataFrame:
    """``user_key, type, records, first_at, last_at``: a row per user and type that occurs. Raises DataSetBusy."""
    asked = ibis.memtable(pa.table({"asked": pa.array(user_keys, pa.int64())}))

    def question(table: ibis.Table) -> ibis.Table:
        theirs = table.semi_join(asked, [table.user_key == asked.asked])
        return theirs.group_by("user_key", "type").agg(
            records=_.count(), first_at=_.timestamp.min(), last_at=_.timestamp.max()
        )

    return _ask(environment, question).to_pandas()


def alone(environment: str, anonymous_keys: Sequence[int]) -> pd.DataFrame:
    """``anonymous_key, records``: the number of records without a user_id per anonymous id. Raises DataSetBusy."""
    asked = ibis.memtable(pa.table({"asked": pa.array(anonymous_keys, pa.int64())}))

    def question(table: ibis.Table) -> ibis.Table:
        nobodys = table.filter(_.user_key.isnull())
        theirs = nobodys.semi_join(asked, [nobodys.anonymous_key == asked.asked])
        return theirs.group_by("anonymous_key").agg(records=_.count())

    return _ask(environment, question).to_pandas()


def by_visitor(environment: str, anonymous_keys: Sequence[int]) -> pd.DataFrame:
    """``anonymous_key, type, records, beside, first_at, last_at``: a row per anonymous id and type that occurs.

    ``records`` and the times are of records without a user_id, ``beside`` counts those with one. Raises DataSetBusy.
    """
    asked = ibis.memtable(pa.table({"asked": pa.array(anonymous_keys, pa.int64())}))

    def question(table: ibis.Table) -> ibis.Table:
        theirs = table.semi_join(asked, [table.anonymous_key == asked.asked])
        is_alone = theirs.user_key.isnull()
        return theirs.group_by("anonymous_key", "type").agg(
            records=is_alone.sum(),
            beside=(~is_alone).sum(),
            first_at=theirs.timestamp.min(where=is_alone),
            last_at=theirs.timestamp.max(where=is_alone),
        )

    return _ask(environment, question).to_pandas()


def by_month(environment: str, before: datetime, zone: ZoneInfo) -> pd.DataFrame:
    """``month, records``: records with a timestamp before ``before``, by month in ``zone`` ("2024-03"), oldest first.

    Raises DataSetBusy.
    """

    def question(table: ibis.Table) -> ibis.Table:
        old = table.filter(_.timestamp < before)
        # By quarter of an hour, because months begin at one in every time zone.
        return old.group_by(quarter=seconds(old.timestamp) // _QUARTER).agg(records=_.count())

    found = _ask(environment, question).to_pandas()
    found["month"] = months(found["quarter"].to_numpy() * _QUARTER * SECOND, zone)
    return found.groupby("month", as_index=False)["records"].sum().sort_values("month", ignore_index=True)


def _ask(environment: str, question: Expression) -> pa.Table:
    return steady(environment, lambda parts: parts.ask(question))
