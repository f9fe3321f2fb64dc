"""Sessions: the records of one person without a pause of 30 minutes."""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational.bars import in_bars
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.people import PERSON, of_somebody

QUIET: Final = 30 * 60 * 1_000_000  # µs without a record end a session


def beginnings(data: DataSet, filter: Filter) -> ibis.Table:
    """``person, alone, at, begins`` of each record of a person; ``begins`` is 1 if a session begins with it, else 0.

    Only records that pass ``filter`` count, so a session that is under way when the period starts begins with its first
    record in the period.
    """
    rows = of_somebody(data, filter)
    rows = rows.mutate(before=rows.at.lag().over(ibis.window(group_by=list(PERSON), order_by="at")))
    begins = rows.before.isnull() | (rows.at - rows.before >= QUIET)
    return rows.select(*PERSON, "at", begins=begins.cast("int64"))


def counted(data: DataSet, filter: Filter) -> ibis.Table:
    """One row: ``sessions``."""
    return beginnings(data, filter).agg(sessions=_.begins.sum().fill_null(0))


def visits(data: DataSet, filter: Filter, bars: ibis.Table) -> ibis.Table:
    """``start, sessions, people``: the sessions that begin in each bar and the people in it; empty bars are left
    out."""
    rows = in_bars(beginnings(data, filter), bars)
    # By person first, so that people are counted without a distinct over everything.
    each = rows.group_by("start", *PERSON).agg(sessions=_.begins.sum())
    return each.group_by("start").agg(sessions=_.sessions.sum(), people=_.count())
