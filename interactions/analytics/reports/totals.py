"""How much there is: totals, and records by type and group."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import numpy as np
import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.ids import records_of_ids
from interactions.analytics.index.figures.products import products_of
from interactions.analytics.index.figures.values import revenue_of
from interactions.analytics.index.figures.visits import visits_of
from interactions.analytics.index.look import look
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit
from interactions.contract.schema import GROUP_OF, TYPES
from interactions.queries.dashboard import EVERYTHING as EVERYTHING
from interactions.queries.dashboard import Totals as Totals
from interactions.queries.dashboard import by_group as by_group
from interactions.queries.measures import CONVERSIONS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONVERSIONS: Final = [TYPES.index(name) for name in CONVERSIONS]
_SEARCH: Final = TYPES.index("search")


def totals(index: Index, filter: Filter = EVERYTHING, unit: Unit = Unit.YEAR, zone: tzinfo = UTC) -> Totals | None:
    """The totals, or None where there is no record.

    ``unit`` and ``zone`` change nothing; but with those of the sparklines, both take hardly longer than one.
    """
    seen = look(index, filter)
    if seen.span is None:
        return None
    visits = visits_of(seen, unit, zone)
    types = visits.types.sum(axis=0)
    there = np.flatnonzero(types)
    with_user, with_visitor = records_of_ids(seen)
    return Totals(
        interactions=int(types.sum()),
        people=visits.total,
        users=len(with_user),
        anonymous=len(with_visitor),
        sessions=int(visits.sessions.sum()),
        products=products_of(seen, unit, zone).total,
        searches=int(types[_SEARCH]),
        conversions=int(types[_CONVERSIONS].sum()),
        revenue=float(revenue_of(seen).kinds.sum()),
        first=_moment(visits.spans[0, there].min()),
        last=_moment(visits.spans[1, there].max()),
    )


def compared(index: Index, filter: Filter, zone: tzinfo = UTC) -> tuple[Totals | None, Totals | None]:
    """The totals, and those of the previous period of the same length; None where there is no record or no such period.

    :meth:`Period.previous` says which period that is.
    """
    before = filter.period.previous(zone)
    return totals(index, filter), totals(index, filter.during(before)) if before else None


def by_type(index: Index, filter: Filter = EVERYTHING) -> pd.DataFrame:
    """``type, group, records, share, first, last``: a row for each type that occurs, most records first.

    ``share`` is of all records asked about, 0 to 1; ``first`` and ``last`` are timestamps in UTC.
    """
    visits = visits_of(look(index, filter))
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


def has_records(index: Index) -> bool:
    """Whether there is any record at all, of any time."""
    return index.first <= index.last


def users(index: Index, filter: Filter = EVERYTHING) -> int:
    """How many different user ids there are."""
    return len(records_of_ids(look(index, filter))[0])


def products(index: Index, filter: Filter = EVERYTHING) -> int:
    """How many different product ids there are."""
    return products_of(look(index, filter)).total


def people(index: Index, filter: Filter = EVERYTHING) -> tuple[int, int, int]:
    """How many people, users and anonymous ids there are."""
    seen = look(index, filter)
    with_user, with_visitor = records_of_ids(seen)
    return visits_of(seen).total, len(with_user), len(with_visitor)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def _moments(microseconds: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(microseconds.astype("datetime64[us]")).tz_localize(UTC)
