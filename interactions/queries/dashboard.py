"""The dashboard's questions: how many, of which type, when, by whom, about what.

Every function takes the environment's slug and a filter; answers are exact. They raise
:class:`~interactions.queries.answers.DataSetBusy` where the table is rewritten again and again while it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.contract.schema import GROUP_OF, TYPES, Group
from interactions.queries.answers import Question, ask
from interactions.queries.asking import about
from interactions.queries.bars import on_bars, on_clock, on_edges
from interactions.queries.counting import counts_of_bars, counts_of_buckets
from interactions.queries.kinds import COUNTS, DAILY
from interactions.queries.lines import lines, types_over_time
from interactions.queries.measures import CONVERSIONS, first, last, records, revenue
from interactions.queries.person import people
from interactions.queries.product_counts import different_products
from interactions.queries.type_spans import spans_beside_hidden
from interactions.queries.visiting import visiting
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import hidden

EVERYTHING: Final = Filter()
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is.

    ``people`` are users, and visitors not known as one (person.py); ``users`` and ``anonymous`` count the ids that
    occur. ``sessions`` end with 30 minutes of quiet. ``products`` counts distinct product ids. ``conversions`` are
    check-outs and subscriptions, ``revenue`` the sum of the check-outs'. ``first`` and ``last`` are UTC.
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
    first: datetime
    last: datetime


def has_records(environment: str) -> bool:
    """Whether there is any record at all, of any time. Reads the table's log only: a few milliseconds.

    Where people are hidden, their records count for nothing, and it takes a look at the rows.
    """
    if not any(part.rows for part in Lake(environment).parts()):
        return False
    return not hidden(environment) or not by_type(environment).empty


def totals(environment: str, filter: Filter = EVERYTHING, unit: Unit = Unit.YEAR, zone: tzinfo = UTC) -> Totals | None:
    """The totals, all of the same version of the table, or None where there is no record.

    ``unit`` and ``zone`` change nothing; but with those of the :func:`sparklines` both take hardly longer than one.
    """
    counted, visits, types, who, products = on_bars(
        environment,
        filter.period,
        unit,
        zone,
        [
            lambda grain: counts_of_bars(filter, grain, unit, zone),
            lambda grain: visiting(filter, grain, unit, zone, counts_of_bars(filter, grain, unit, zone)),
            lambda _grain: _types(filter),
            lambda _grain: people(filter),
            lambda _grain: different_products(filter),
        ],
    )
    if not counted.num_rows:
        return None
    of_type = dict(zip(types["type"].to_pylist(), types["records"].to_pylist(), strict=True))
    return Totals(
        interactions=sum(of_type.values()),
        **who.to_pylist()[0],
        sessions=pc.sum(visits["sessions"]).as_py() or 0,
        products=products["products"][0].as_py(),
        searches=of_type.get("search", 0),
        conversions=sum(of_type.get(name, 0) for name in CONVERSIONS),
        revenue=pc.sum(types["revenue"]).as_py(),
        first=pc.min(types["first"]).as_py().astimezone(UTC),
        last=pc.max(types["last"]).as_py().astimezone(UTC),
    )


def compared(environment: str, filter: Filter, zone: tzinfo = UTC) -> tuple[Totals | None, Totals | None]:
    """The totals, and those of the previous period of the same length; None where there is no record or no such period.

    What is the previous period, :meth:`Period.previous` says.
    """
    before = filter.period.previous(zone)
    return totals(environment, filter), totals(environment, filter.during(before)) if before else None


def by_type(environment: str, filter: Filter = EVERYTHING) -> pd.DataFrame:
    """``type, group, records, share, first, last``: a row a type that occurs, most records first.

    ``share`` is of all records asked about, 0 to 1; ``first`` and ``last`` are timestamps in UTC.
    """
    frame = ask(environment, _types(filter))[0].to_pandas()
    frame["rank"] = frame["type"].map(TYPES.index)
    frame = frame.sort_values(["records", "rank"], ascending=[False, True], ignore_index=True)
    frame["group"] = frame["type"].map(lambda name: GROUP_OF[name].value).astype("str")
    frame["share"] = frame["records"] / max(1, int(frame["records"].sum()))
    return frame[["type", "group", "records", "share", "first", "last"]]


def by_group(types: pd.DataFrame) -> pd.DataFrame:
    """``group, records, share`` of an answer of :func:`by_type`: a row a group that occurs, most first."""
    frame = types.groupby("group", sort=False, as_index=False)[["records", "share"]].sum()
    frame["rank"] = frame["group"].map(list(Group).index)
    frame = frame.sort_values(["records", "rank"], ascending=[False, True], ignore_index=True)
    return frame[["group", "records", "share"]]


def over_time(environment: str, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
    """Records a bar: the index ``start`` (UTC) has every bar of the period, a column each type that occurs.

    A bar without records is a row of zeros. A period without a bound goes to the first or last record.
    """
    return on_edges(environment, zone, lambda grain: types_over_time(filter, grain, unit, zone))


def sparklines(environment: str, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
    """The totals of each bar: the index ``start`` (UTC) has every bar of the period.

    Columns are interactions, people, sessions, products, searches, conversions (int64) and revenue. A session counts
    in the bar in which it begins; a person or a product in every bar in which it occurs.
    """
    return on_edges(environment, zone, lambda grain: lines(filter, grain, unit, zone))


def rhythm(environment: str, filter: Filter, zone: tzinfo = UTC) -> pd.DataFrame:
    """Records by weekday and hour of the clock in ``zone``: rows Mon to Sun, columns 0 to 23, int64."""
    clock, rows = on_clock(environment, zone, lambda grain: counts_of_buckets(filter, grain))
    grid = np.zeros((7, 24), np.int64)
    np.add.at(grid, (clock.day_of_week, clock.hour), rows["records"].to_numpy())
    return pd.DataFrame(grid, index=pd.Index(_DAYS), columns=range(24))


def users(environment: str, filter: Filter = EVERYTHING) -> int:
    """How many different user ids there are."""
    return int(ask(environment, people(filter))[0]["users"][0].as_py())


def products(environment: str, filter: Filter = EVERYTHING) -> int:
    """How many different product ids there are."""
    return int(ask(environment, different_products(filter))[0]["products"][0].as_py())


def _types(filter: Filter) -> Question:
    """``type, records, first, last, revenue``: a row a type that occurs."""

    def collect(rows: ibis.Table, *_spans: pa.Table) -> ibis.Table:
        found = rows.group_by("type").agg(
            records=records(rows), first=first(rows), last=last(rows), revenue=revenue(rows)
        )
        return found.filter(found.records > 0)

    def merge(rows: pa.Table) -> pa.Table:
        found = rows.group_by("type").aggregate(
            [("records", "sum"), ("first", "min"), ("last", "max"), ("revenue", "sum")]
        )
        return found.rename_columns(["type", "records", "first", "last", "revenue"])

    def conclude(rows: pa.Table, spans: pa.Table) -> pa.Table:
        return rows.drop(["first", "last"]).join(spans, "type", join_type="inner") if len(spans) else rows

    needs = (spans_beside_hidden(filter),)
    return about(filter, "by_type", collect, merge=merge, conclude=conclude, needs=needs, over=DAILY, instead=COUNTS)
