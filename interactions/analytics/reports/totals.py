"""Totals, and records by type and group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import numpy as np
import pandas as pd

from interactions.analytics.definitions import CONVERSIONS
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.ids import ids_of
from interactions.analytics.index.figures.products import products_of
from interactions.analytics.index.figures.visits import visits_of
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit
from interactions.analytics.question import Engine, question
from interactions.contract.schema import GROUP_OF, TYPES, Group

EVERYTHING: Final = Filter()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONVERSIONS: Final = [TYPES.index(name) for name in CONVERSIONS]
_SEARCH: Final = TYPES.index("search")


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of some records.

    ``people`` are users, and visitors who don't belong to one; ``users`` and ``anonymous`` count ids. ``sessions`` end
    after 30 minutes without a record. ``products`` counts distinct product ids. ``conversions`` are checkouts and
    subscriptions, ``revenue`` is that of checkouts, ``refunds`` are the amounts of refunds. ``first`` and ``last`` are
    UTC.
    """

    interactions: int
    people: int
    users: int
    anonymous: int
    sessions: int
    products: int
    searches: int
    conversions: int
    revenue: float
    refunds: float
    first: datetime
    last: datetime

    @property
    def net_revenue(self) -> float | None:
        """The revenue minus the refunds, below 0 if more was given back; None if no refund says how much it was."""
        return self.revenue - self.refunds if self.refunds else None


@question
def totals(index: Index, filter: Filter = EVERYTHING, unit: Unit = Unit.YEAR, zone: tzinfo = UTC) -> Totals | None:
    """The totals, or None without records.

    ``unit`` and ``zone`` don't affect the result. With those of the sparklines, both share a pass.
    """
    seen = filtered(index, filter)
    if seen.span is None:
        return None
    visits = visits_of(seen, unit, zone)
    types = visits.types.sum(axis=0)
    there = np.flatnonzero(types)
    with_user, with_visitor = ids_of(seen)
    return Totals(
        interactions=int(types.sum()),
        people=visits.total,
        users=with_user,
        anonymous=with_visitor,
        sessions=int(visits.sessions.sum()),
        products=products_of(seen, unit, zone).total,
        searches=int(types[_SEARCH]),
        conversions=int(types[_CONVERSIONS].sum()),
        revenue=float(visits.revenue.sum()),
        refunds=float(visits.refunds.sum()),
        first=_moment(visits.spans[0, there].min()),
        last=_moment(visits.spans[1, there].max()),
    )


def compared(engine: Engine, filter: Filter, zone: tzinfo = UTC) -> tuple[Totals | None, Totals | None]:
    """The totals, and those of the previous period of the same length; None where there is no record or no such period.

    :meth:`Period.previous` says which period that is.
    """
    before = filter.period.previous(zone)
    return totals(engine, filter), totals(engine, filter.during(before)) if before else None


@question
def by_type(index: Index, filter: Filter = EVERYTHING) -> pd.DataFrame:
    """``type, group, records, share, first, last``: a row for each type that occurs, most records first.

    ``share`` is of all records that pass the filter, 0 to 1; ``first`` and ``last`` are timestamps in UTC.
    """
    visits = visits_of(filtered(index, filter))
    records = visits.types.sum(axis=0)
    there = np.flatnonzero(records)
    there = there[np.argsort(-records[there], kind="stable")]
    names = [TYPES[place] for place in there]
    return pd.DataFrame(
        {
            "type": pd.Series(names, dtype="str"),
            "group": pd.Series([GROUP_OF[name].value for name in names], dtype="str"),
            "records": records[there],
            "share": records[there] / max(1, int(records.sum())),
            "first": _moments(visits.spans[0, there]),
            "last": _moments(visits.spans[1, there]),
        }
    )


def by_group(types: pd.DataFrame) -> pd.DataFrame:
    """``group, records, share`` from the result of :func:`by_type`: a row for each group that occurs, largest first."""
    frame = types.groupby("group", sort=False, as_index=False)[["records", "share"]].sum()
    frame["rank"] = frame["group"].map(list(Group).index)
    frame = frame.sort_values(["records", "rank"], ascending=[False, True], ignore_index=True)
    return frame[["group", "records", "share"]]


@question
def count(index: Index, filter: Filter = EVERYTHING) -> int:
    """The number of records."""
    return filtered(index, filter).size[0]


@question
def has_records(index: Index) -> bool:
    """Whether there are any records, of any time."""
    return index.first <= index.last


@question
def users(index: Index, filter: Filter = EVERYTHING) -> int:
    """The number of distinct user ids."""
    return ids_of(filtered(index, filter))[0]


@question
def products(index: Index, filter: Filter = EVERYTHING) -> int:
    """The number of distinct product ids."""
    return products_of(filtered(index, filter)).total


@question
def people(index: Index, filter: Filter = EVERYTHING) -> tuple[int, int, int]:
    """The number of people, users and anonymous ids."""
    seen = filtered(index, filter)
    with_user, with_visitor = ids_of(seen)
    return seen.size[1], with_user, with_visitor


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def _moments(microseconds: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(microseconds.astype("datetime64[us]")).tz_localize(UTC)
