"""The dashboard's questions: how many, of which type, when, by whom, about what.

Every function takes the environment's slug, a period and, where only the records of one import are
meant, its id; answers are exact. They raise :class:`~interactions.queries.answers.DataSetBusy` where the
table is rewritten again and again while it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from interactions.lake import Lake
from interactions.lake_people import hidden
from interactions.queries.answers import Question, ask
from interactions.queries.engine import MOMENT, epoch_us
from interactions.queries.period import ALL, SHIFT_MICROSECONDS, Period, Unit, default_unit
from interactions.schema import GROUP_OF, TYPES, Group


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is. ``products`` counts distinct product ids; ``first`` and ``last`` are UTC."""

    records: int
    users: int
    anonymous: int
    products: int
    first: datetime
    last: datetime


def has_records(environment: str) -> bool:
    """Whether there is any record at all, of any time. Reads the table's log only: a few milliseconds.

    Where people are hidden, their records count for nothing, and it takes a look at the rows.
    """
    if not any(part.rows for part in Lake(environment).parts()):
        return False
    return not hidden(environment) or totals(environment) is not None


def prepare(environment: str) -> None:
    """Ask what the dashboard shows first, so that whoever opens it after a large import need not wait."""
    found = totals(environment)
    if found is not None:
        start, end = ALL.bounded(found.first, found.last)
        over_time(environment, ALL, default_unit(start, end))


def totals(environment: str, period: Period = ALL, *, import_id: int | None = None) -> Totals | None:
    """The totals, all of the same version of the table, or None where there is no record."""
    columns = ("user_key", "anonymous_key", "product_ids")
    types, *distinct = ask(
        environment,
        _types(period, import_id),
        *(_distinct(column, period, import_id) for column in columns),
    )
    if not types.num_rows:
        return None
    users, anonymous, products = (table["distinct"][0].as_py() for table in distinct)
    return Totals(
        records=pc.sum(types["records"]).as_py(),
        users=users,
        anonymous=anonymous,
        products=products,
        first=pc.min(types["first"]).as_py().astimezone(UTC),
        last=pc.max(types["last"]).as_py().astimezone(UTC),
    )


def by_type(environment: str, period: Period = ALL, *, import_id: int | None = None) -> pd.DataFrame:
    """``type, group, records, share, first, last``: a row a type that occurs, most records first.

    ``share`` is of all records asked about, 0 to 1; ``first`` and ``last`` are timestamps in UTC.
    """
    frame = ask(environment, _types(period, import_id))[0].to_pandas()
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


def over_time(environment: str, period: Period, unit: Unit, *, import_id: int | None = None) -> pd.DataFrame:
    """Records a bar: the index ``start`` (UTC) has every bar of the period, a column each type that occurs.

    A bar without records is a row of zeros. A period without a bound goes to the first or last record.
    """

    counts = ask(environment, _bars(period, unit, import_id))[0].to_pandas()
    counts["start"] = pd.to_datetime(counts["bar"], unit="us", utc=True).astype("datetime64[us, UTC]")
    frame = counts.pivot(index="start", columns="type", values="records")
    if not frame.empty or (period.start and period.end):
        frame = frame.reindex(_starts(frame, period, unit))
    present = [name for name in TYPES if name in frame.columns]
    frame = frame.reindex(columns=present).fillna(0).astype("int64")
    return frame.rename_axis(index="start", columns=None)


def users(environment: str, period: Period = ALL, *, import_id: int | None = None) -> int:
    """How many different user ids there are."""
    return _count(environment, _distinct("user_key", period, import_id))


def anonymous(environment: str, period: Period = ALL, *, import_id: int | None = None) -> int:
    """How many different anonymous ids there are."""
    return _count(environment, _distinct("anonymous_key", period, import_id))


def products(environment: str, period: Period = ALL, *, import_id: int | None = None) -> int:
    """How many different product ids there are."""
    return _count(environment, _distinct("product_ids", period, import_id))


def _count(environment: str, question: Question) -> int:
    return int(ask(environment, question)[0]["distinct"][0].as_py())


def _types(period: Period, import_id: int | None) -> Question:
    def collect(table: ibis.Table) -> ibis.Table:
        return (
            _within(table, period, import_id)
            .group_by("type")
            .agg(records=_.count(), first=_.timestamp.min(), last=_.timestamp.max())
        )

    def merge(rows: pa.Table) -> pa.Table:
        sums = rows.group_by("type").aggregate([("records", "sum"), ("first", "min"), ("last", "max")])
        return sums.rename_columns(rows.column_names)

    return Question("by_type", _parameters(period, import_id), collect, merge)


def _bars(period: Period, unit: Unit, import_id: int | None) -> Question:
    def collect(table: ibis.Table) -> ibis.Table:
        rows = _within(table, period, import_id)
        return rows.group_by(bar=_bar(rows.timestamp, unit), type=rows.type).agg(records=_.count())

    def merge(rows: pa.Table) -> pa.Table:
        sums = rows.group_by(["bar", "type"]).aggregate([("records", "sum")])
        return sums.rename_columns(rows.column_names)

    return Question(f"over_time:{unit.value}", _parameters(period, import_id), collect, merge)


def _distinct(column: str, period: Period, import_id: int | None) -> Question:
    def collect(table: ibis.Table) -> ibis.Table:
        values = _within(table, period, import_id)[column]
        values = values.unnest() if values.type().is_array() else values
        return values.name("value").as_table().distinct().filter(_.value.notnull())

    def merge(rows: pa.Table) -> pa.Table:
        values = rows["value"].combine_chunks()
        if pa.types.is_integer(values.type):  # sorted, a million of them takes 20 ms; hashed, 150
            return pa.table({"value": _unique(values.to_numpy())})
        return pa.table({"value": values.unique()})

    def conclude(rows: pa.Table) -> pa.Table:
        return pa.table({"distinct": [rows.num_rows]})

    return Question(f"distinct:{column}", _parameters(period, import_id), collect, merge, conclude)


def _unique(values: np.ndarray) -> np.ndarray:
    ordered = np.sort(values)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


def _parameters(period: Period, import_id: int | None) -> tuple[str, ...]:
    return str(period.start), str(period.end), str(import_id)


def _within(table: ibis.Table, period: Period, import_id: int | None) -> ibis.Table:
    if period.start is not None:
        table = table.filter(_.timestamp >= ibis.literal(period.start, type=MOMENT))
    if period.end is not None:
        table = table.filter(_.timestamp < ibis.literal(period.end, type=MOMENT))
    return table if import_id is None else table.filter(_.import_id == import_id)


def _bar(moment: ibis.Value, unit: Unit) -> ibis.Value:
    """The start of the bar of each moment, in microseconds since 1970."""
    if unit.width is None:
        return epoch_us(moment.truncate("Y"))
    microseconds = epoch_us(moment)
    return microseconds - (microseconds + SHIFT_MICROSECONDS) % (unit.width // pd.Timedelta("1us"))


def _starts(frame: pd.DataFrame, period: Period, unit: Unit) -> pd.DatetimeIndex:
    """Every bar from the period's, or the data's, first to last."""
    first = unit.floor(period.start) if period.start else frame.index.min().to_pydatetime()
    last = unit.floor(period.end - pd.Timedelta("1us")) if period.end else frame.index.max().to_pydatetime()
    starts = []
    while first <= last:
        starts.append(first)
        if unit.after(first) <= first:
            break
        first = unit.after(first)
    return pd.DatetimeIndex(starts, dtype="datetime64[us, UTC]", name="start")
