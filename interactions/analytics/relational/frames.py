"""Convert an engine's rows to the frames of reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from interactions.analytics.definitions import CONVERSIONS
from interactions.analytics.properties import Measure
from interactions.analytics.reports.attribution import Assisted
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.conversion import (
    EDGES,
    MOST_VALUES,
    SHARES,
    Conversion,
    ConversionAsked,
    people_of,
    took_of,
)
from interactions.analytics.reports.paths import Paths, PathsAsked, frame_of
from interactions.analytics.steps import Step
from interactions.contract.schema import TYPES

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int | None) -> datetime | None:
    """A moment from microseconds since 1970."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def of_bars(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The columns ``names`` by ``start``, in µs."""
    columns = {name: rows[name].to_numpy() for name in names}
    return pd.DataFrame(columns, _starts(rows["start"].to_numpy()), _texts(names))


def of_types(rows: pd.DataFrame, starts: np.ndarray) -> pd.DataFrame:
    """``start, type, records`` with a row for each of ``starts`` and a column for each type that occurs."""
    frame = rows.pivot(index="start", columns="type", values="records").reindex(starts).fillna(0).astype("int64")
    names = [name for name in TYPES if name in frame.columns]
    return pd.DataFrame({name: frame[name].to_numpy() for name in names}, _starts(starts), _texts(names))


def of_week(rows: pd.DataFrame) -> pd.DataFrame:
    """``weekday, hour, records`` as a grid of both."""
    grid = np.zeros((7, 24), np.int64)
    grid[rows["weekday"].astype(int), rows["hour"].astype(int)] = rows["records"]
    return pd.DataFrame(grid, index=pd.Index(_DAYS), columns=range(24))


def of_steps(row: dict[str, Any], steps: Sequence[Step]) -> pd.DataFrame:
    """The row of a funnel with a row for each step."""
    people = [row[f"people_{place}"] for place in range(len(steps))]
    medians = [None, *(row[f"median_{place}"] for place in range(1, len(steps)))]
    return pd.DataFrame(
        {
            "step": [step.name for step in steps],
            "people": people,
            "of_first": [count / people[0] if people[0] else np.nan for count in people],
            "of_previous": [1.0, *(b / a if a else np.nan for a, b in pairwise(people))],
            "median_seconds": [np.nan if each is None else each / 1_000_000 for each in medians],
        },
        index=pd.RangeIndex(len(steps), name="place"),
    )


def of_assisted(types: pd.DataFrame, results: dict[str, Any]) -> Assisted:
    """``type, records, assisted, revenue, revenue_assisted``, and the row of results."""
    rank = types["type"].map(TYPES.index).astype("int64")
    types = types.assign(rank=rank).sort_values(
        ["assisted", "records", "rank"], ascending=[False, False, True], ignore_index=True
    )
    types["share"] = types["assisted"] / types["records"]
    gains = types[types["type"].isin(CONVERSIONS)]
    return Assisted(
        types=types[["type", "records", "assisted", "share"]],
        records=int(types["records"].sum()),
        assisted=int(types["assisted"].sum()),
        conversions=int(gains["records"].sum()),
        conversions_assisted=int(gains["assisted"].sum()),
        revenue=float(types["revenue"].sum()),
        revenue_assisted=float(types["revenue_assisted"].sum()),
        **results,
    )


def of_top(table: pa.Table, subject: Subject | None) -> pd.DataFrame:
    """The rows of a ranking; without a ``subject``, of products by the records that name them."""
    rows, names, sums = _ranked(table)
    if subject is Subject.PRODUCTS:
        rows["conversion"] = rows["buys"] / rows["views"].where(rows["views"] > 0)
        return rows[[*names, *sums, "conversion", "is_other"]]
    if subject is Subject.SEARCHES:
        rows["not_followed"] = rows["searches"] - rows["followed"]
        rows["followed_share"] = rows["followed"] / rows["searches"]
        return rows[[*names, *sums, "not_followed", "followed_share", "is_other"]]
    return rows[[*names, "records", "share", *sums[1:], "is_other"]]


def of_suggestions(table: pa.Table) -> pd.DataFrame:
    """The rows of ``value, records``, ranked."""
    rows, _, _ = _ranked(table)
    return rows[["value", "records", "is_other"]]


def _ranked(table: pa.Table) -> tuple[pd.DataFrame, list[str], list[str]]:
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    sums = [name for name in table.column_names if name not in (*texts, "size", "of_all", "is_other")]
    columns = {
        **{name: pd.Series(table[name].to_pylist(), dtype="object") for name in texts},
        **{
            name: pd.Series(table[name].to_pylist(), dtype="float64" if name == "revenue" else "int64") for name in sums
        },
        "is_other": pd.Series(table["is_other"].to_pylist(), dtype="bool"),
    }
    rows = pd.DataFrame(columns)
    of_all = table["of_all"].to_pylist()
    rows["share"] = rows[sums[0]] / ((of_all[0] if of_all else 0) or 1)
    rows.attrs["size"] = table["size"].to_pylist()[0] if of_all else 0
    return rows, texts, sums


def by_day(days: pd.DataFrame) -> dict[date, int]:
    """``day, records`` with what lies beyond the calendar on its first or last day."""
    found: dict[date, int] = {}
    for start, records in zip(days["day"].tolist(), days["records"].tolist(), strict=True):
        day = _day(start)
        found[day] = found.get(day, 0) + records
    return found


def _day(midnight: int) -> date:
    try:
        return (_EPOCH + timedelta(microseconds=midnight)).date()
    except OverflowError:
        return date.min if midnight < 0 else date.max


def _starts(starts: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(starts.astype("datetime64[us]"), name="start").tz_localize(UTC)


def _texts(names: Sequence[str]) -> pd.Index:
    return pd.Index(list(names), dtype="str")


def of_returns(began: pd.DataFrame, came: pd.DataFrame, edges: np.ndarray) -> np.ndarray:
    """People and returns by bar, int64[bars, bars + 1], as :func:`relational.retention.retention` has them in rows."""
    places = {start: place for place, start in enumerate(edges[:-1].tolist())}
    counts = np.zeros((len(places), len(places) + 1), np.int64)
    for start, people in zip(began["start"], began["people"], strict=True):
        counts[places[start], 0] = people
    for start, later, people in zip(came["start"], came["came"], came["people"], strict=True):
        counts[places[start], places[later] - places[start] + 1] = people
    return counts


def of_nodes(rows: pd.DataFrame, asked: PathsAsked) -> tuple[tuple[str, ...], ...]:
    """``step, value, place`` as the values of each step."""
    rows = rows.sort_values(["step", "place"])
    return tuple(tuple(rows.loc[rows["step"] == step, "value"]) for step in range(asked.steps + 1))


def of_paths(rows: pd.DataFrame, nodes: tuple[tuple[str, ...], ...]) -> Paths:
    """``step_0, step_1 …, paths``, and the values that the places of steps stand for."""
    steps = rows[[f"step_{step}" for step in range(len(nodes))]].to_numpy(np.int64)
    return Paths(nodes, frame_of(steps, rows["paths"].to_numpy(np.int64)))


def of_conversion(
    people: pd.DataFrame, times: pd.DataFrame, histogram: pd.DataFrame, asked: ConversionAsked
) -> Conversion:
    """``value, step_0 …``; ``step, p25 …``; ``bar, people``."""
    several = len(asked.steps)
    people = people.sort_values(["step_0", "value"], ascending=[False, True])
    is_named = people["value"].notnull().to_numpy()
    counts = people[[f"step_{step}" for step in range(several)]].to_numpy(np.int64)
    named, nothing = counts[is_named], counts[~is_named].sum(axis=0)
    names = tuple(people.loc[is_named, "value"][:MOST_VALUES])
    by_step = {row["step"]: [row[name] for name in SHARES] for row in times.to_dict("records")}
    took = [by_step.get(step, [np.nan] * len(SHARES)) for step in (*range(1, several), 0)]
    bars = dict(zip(histogram["bar"].tolist(), histogram["people"].tolist(), strict=True))
    return Conversion(
        people_of(names, named[:MOST_VALUES], named[MOST_VALUES:].sum(axis=0), nothing, is_by_value=bool(asked.by)),
        took_of(took),
        tuple(int(bars.get(bar, 0)) for bar in range(len(EDGES) + 1)),
    )


def of_slots(rows: pd.DataFrame, measure: Measure, slots: int) -> np.ndarray:
    """The amounts by ``slot``: [slots, 1], or for conversions [slots, 2]."""
    names = _AMOUNTS.get(measure, (measure.value,))
    amounts = np.zeros((slots, len(names)), np.float64 if measure is Measure.REVENUE else np.int64)
    amounts[rows["slot"].astype(int)] = rows[list(names)].to_numpy()
    return amounts


def of_slots_and_bars(rows: pd.DataFrame, measure: Measure, slots: int, edges: np.ndarray) -> np.ndarray:
    """The same by ``slot`` and ``start``: [slots, bars], or for conversions [slots, 2 * bars]."""
    names = _AMOUNTS.get(measure, (measure.value,))
    bars = len(edges[:-1])
    amounts = np.zeros((slots, bars, len(names)), np.float64 if measure is Measure.REVENUE else np.int64)
    places = np.searchsorted(edges[:-1], rows["start"].to_numpy(np.int64))
    amounts[rows["slot"].astype(int), places] = rows[list(names)].to_numpy()
    return amounts.reshape(slots, bars * len(names))


_AMOUNTS: Final = {Measure.CONVERSION: ("people", "converted")}
