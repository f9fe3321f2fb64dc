"""Who comes back, by when they first came."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational.bars import in_bars
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.people import PERSON, of_somebody


def retention(
    data: DataSet, filter: Filter, first: Sequence[str], returning: Sequence[str], bars: ibis.Table
) -> tuple[ibis.Table, ibis.Table]:
    """``start, people`` by the bar of a person's first record, and ``start, came, people`` of those who came back.

    A person's first record is one of the types ``first``, and comes back with one of ``returning`` in the bar ``came``,
    at or after the first. ``filter`` has neither types nor a beginning: who came before the bars is in none of them.
    """
    rows = of_somebody(data, filter)
    of_person = rows.filter(_.type.isin(list(first))).group_by(*PERSON).agg(at=_.at.min())
    beginnings = in_bars(of_person, bars).rename(first="at")
    returns = rows.filter(_.type.isin(list(returning))).join(beginnings, list(PERSON))
    returns = returns.filter(_.at >= _.first).select(*PERSON, "at", began="start")
    came = in_bars(returns, bars).select(*PERSON, "began", came="start").distinct()
    return (
        beginnings.group_by("start").agg(people=_.count()),
        came.group_by(start=came.began, came=came.came).agg(people=_.count()),
    )
