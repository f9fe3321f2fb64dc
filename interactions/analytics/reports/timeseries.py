"""Records and totals over time: by the bars of a chart, and by weekday and hour."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Final

import pandas as pd

from interactions.analytics.definitions import CONVERSIONS
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.clock import clock_of
from interactions.analytics.index.figures.products import products_of
from interactions.analytics.index.figures.visits import visits_of
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit
from interactions.analytics.question import question
from interactions.analytics.reports.frames import by_bar
from interactions.contract.schema import GROUP_OF, TYPES, Group

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CONVERSIONS: Final = [TYPES.index(name) for name in CONVERSIONS]
_SEARCH: Final = TYPES.index("search")


@question
def over_time(index: Index, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
    """Records by bar, with a column per type that occurs. The index ``start`` (UTC) has every bar of the period.

    A bar without records is a row of zeros. An open period goes to the first or last record.
    """
    seen = filtered(index, filter)
    types = visits_of(seen, unit, zone).types
    there = {name: types[:, place] for place, name in enumerate(TYPES) if types[:, place].any()}
    return by_bar(seen.edges(unit, zone), there)


def of_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """What :func:`over_time` gives, with a column each group that occurs, in the groups' order."""
    groups = frame.T.groupby([GROUP_OF[name].value for name in frame.columns], sort=False).sum().T
    return groups.reindex(columns=[group.value for group in Group if group.value in groups.columns])


@question
def sparklines(index: Index, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
    """The totals of each bar. The index ``start`` (UTC) has every bar of the period.

    Columns are interactions, people, sessions, products, searches, conversions (int64), revenue and refunds. A session
    counts in the bar where it begins; a person or a product in every bar where it occurs.
    """
    seen = filtered(index, filter)
    visits = visits_of(seen, unit, zone)
    columns = {
        "interactions": visits.types.sum(axis=1),
        "people": visits.people,
        "sessions": visits.sessions,
        "products": products_of(seen, unit, zone).bars,
        "searches": visits.types[:, _SEARCH],
        "conversions": visits.types[:, _CONVERSIONS].sum(axis=1),
        "revenue": visits.revenue,
        "refunds": visits.refunds,
    }
    return by_bar(seen.edges(unit, zone), columns)


@question
def rhythm(index: Index, filter: Filter, zone: tzinfo = UTC) -> pd.DataFrame:
    """Records by weekday and hour of local time in ``zone``: rows Mon to Sun, columns 0 to 23, int64."""
    hours = clock_of(filtered(index, filter), zone).hours
    return pd.DataFrame(hours.reshape(7, 24), index=pd.Index(_DAYS), columns=range(24), copy=True)
