"""The answers of the relational expressions, on DuckDB, as the frames that pages get."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from interactions import identity
from interactions.analytics.definitions import CONVERSIONS, COUNTS, PLACEHOLDERS
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.analytics.relational import (
    attribution,
    bars,
    breakdowns,
    data_quality,
    funnel,
    links,
    overview,
    people,
    products,
    timeseries,
    totals,
)
from interactions.analytics.relational.data import DataSet
from interactions.analytics.reports.attribution import Assisted
from interactions.analytics.reports.audience import Audience
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.data_quality import Measures
from interactions.analytics.reports.funnel import Step
from interactions.analytics.reports.history import history
from interactions.analytics.reports.totals import Totals
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import Tombstones, microseconds

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Oracle:
    """Every question, asked of ``table`` (of TABLE_SCHEMA) on an engine of its own; ``links`` as DataSet has them."""

    def __init__(
        self, engine: ibis.BaseBackend, table: pa.Table, hidden: Tombstones, links: tuple[tuple[int, int], ...] = ()
    ) -> None:
        self._engine = engine
        agents = tuple(table["user_agent"].unique().to_pylist())
        self.data = DataSet(ibis.memtable(table), hidden, agents, links)

    def _ask(self, expression: ibis.Table) -> pd.DataFrame:
        frame: pd.DataFrame = self._engine.to_pyarrow(expression).to_pandas()
        return frame

    def _one(self, expression: ibis.Table) -> dict[str, Any]:
        (row,) = self._engine.to_pyarrow(expression).to_pylist()
        return dict(row)

    def _bars(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> ibis.Table:
        return bars.bars(filter.period, *self._extent(filter), unit, zone)

    def _extent(self, filter: Filter) -> tuple[int, int]:
        found = self._one(totals.extent(self.data, filter))
        return (0, -1) if found["first"] is None else (found["first"], found["last"])

    def totals(self, filter: Filter) -> Totals | None:
        found = self._one(totals.totals(self.data, filter))
        if not found["interactions"]:
            return None
        times = {name: found[name].astimezone(UTC) for name in ("first", "last")}
        return Totals(**{**found, **times})

    def by_type(self, filter: Filter) -> pd.DataFrame:
        return self._ask(totals.by_type(self.data, filter))

    def over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        cut = self._bars(filter, unit, zone)
        rows = self._ask(timeseries.over_time(self.data, filter, cut))
        starts = self._ask(cut)["start"].to_numpy()
        frame = rows.pivot(index="start", columns="type", values="records").reindex(starts).fillna(0).astype("int64")
        names = [name for name in TYPES if name in frame.columns]
        return pd.DataFrame({name: frame[name].to_numpy() for name in names}, _index(starts), _columns(names))

    def sparklines(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        names = ["interactions", "people", "sessions", "products", "searches", "conversions", "revenue"]
        return self._of_bars(timeseries.sparklines(self.data, filter, self._bars(filter, unit, zone)), names)

    def assisted_over_time(self, filter: Filter, unit: Unit, zone: ZoneInfo) -> pd.DataFrame:
        expression = timeseries.assisted_over_time(self.data, filter, self._bars(filter, unit, zone))
        return self._of_bars(expression, ["assisted", "other"])

    def _of_bars(self, expression: ibis.Table, names: list[str]) -> pd.DataFrame:
        rows = self._ask(expression)
        columns = {name: rows[name].to_numpy() for name in names}
        return pd.DataFrame(columns, _index(rows["start"].to_numpy()), _columns(names))

    def rhythm(self, filter: Filter, zone: ZoneInfo) -> pd.DataFrame:
        clock = bars.clock(zone, *self._extent(filter))
        rows = self._ask(timeseries.rhythm(self.data, filter, clock))
        grid = np.zeros((7, 24), np.int64)
        grid[rows["weekday"].astype(int), rows["hour"].astype(int)] = rows["records"]
        return pd.DataFrame(grid, index=pd.Index(_DAYS), columns=range(24))

    def users(self, filter: Filter) -> int:
        return int(self._one(people.counted(self.data, filter))["users"])

    def products(self, filter: Filter) -> int:
        return int(self._one(products.different(self.data, filter))["products"])

    def funnel(self, filter: Filter, steps: Sequence[Step]) -> pd.DataFrame:
        found = self._one(funnel.funnel(self.data, filter, steps))
        people = [found[f"people_{place}"] for place in range(len(steps))]
        medians = [None, *(found[f"median_{place}"] for place in range(1, len(steps)))]
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

    def assisted(self, filter: Filter) -> Assisted:
        frame = self._ask(attribution.assisted(self.data, filter))
        frame["rank"] = frame["type"].map(TYPES.index)
        frame = frame.sort_values(["assisted", "records", "rank"], ascending=[False, False, True], ignore_index=True)
        frame["share"] = frame["assisted"] / frame["records"]
        gains = frame[frame["type"].isin(CONVERSIONS)]
        return Assisted(
            types=frame[["type", "records", "assisted", "share"]],
            records=int(frame["records"].sum()),
            assisted=int(frame["assisted"].sum()),
            conversions=int(gains["records"].sum()),
            conversions_assisted=int(gains["assisted"].sum()),
            revenue=float(frame["revenue"].sum()),
            revenue_assisted=float(frame["revenue_assisted"].sum()),
            **self._one(attribution.results(self.data, filter)),
        )

    def top(self, filter: Filter, subject: Subject, limit: int) -> pd.DataFrame:
        rows, names, sums = self._ranked(breakdowns.top(self.data, filter, subject, limit))
        if subject is Subject.PRODUCTS:
            rows["conversion"] = rows["buys"] / rows["views"].where(rows["views"] > 0)
            return rows[[*names, *sums, "conversion", "is_other"]]
        if subject is Subject.SEARCHES:
            rows["not_followed"] = rows["searches"] - rows["followed"]
            rows["followed_share"] = rows["followed"] / rows["searches"]
            return rows[[*names, *sums, "not_followed", "followed_share", "is_other"]]
        return rows[[*names, "records", "share", *sums[1:], "is_other"]]

    def top_named(self, filter: Filter, limit: int) -> pd.DataFrame:
        rows, names, _sums = self._ranked(breakdowns.top_named(self.data, filter, limit))
        return rows[[*names, "records", "share", "is_other"]]

    def _ranked(self, expression: ibis.Table) -> tuple[pd.DataFrame, list[str], list[str]]:
        table = self._engine.to_pyarrow(expression)
        texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
        sums = [name for name in table.column_names if name not in (*texts, "size", "of_all", "is_other")]
        columns = {
            **{name: pd.Series(table[name].to_pylist(), dtype="object") for name in texts},
            **{
                name: pd.Series(table[name].to_pylist(), dtype="float64" if name == "revenue" else "int64")
                for name in sums
            },
            "is_other": pd.Series(table["is_other"].to_pylist(), dtype="bool"),
        }
        rows = pd.DataFrame(columns)
        of_all = table["of_all"].to_pylist()
        rows["share"] = rows[sums[0]] / ((of_all[0] if of_all else 0) or 1)
        rows.attrs["size"] = table["size"].to_pylist()[0] if of_all else 0
        return rows, texts, sums

    def measure(self, zone: ZoneInfo, without_import: int | None) -> Measures:
        asked = Filter().having(is_not=True, import_id=without_import)
        keyring = identity.keyring()
        found = self._ask(data_quality.measures(self.data, asked, [keyring.key(word) for word in PLACEHOLDERS]))
        days = self._ask(timeseries.by_day(self.data, asked, bars.clock(zone, *self._extent(asked))))
        by_day: dict[date, int] = {}
        for start, records in zip(days["day"], days["records"], strict=True):
            day = _day(int(start))
            by_day[day] = by_day.get(day, 0) + int(records)
        past = history(by_day, datetime.now(zone).date())
        return Measures(
            by_type=dict(zip(found["type"], found["records"].tolist(), strict=True)),
            days=past.days,
            days_spanned=past.days_spanned,
            longest_gap=past.longest_gap,
            strays=past.strays,
            **self._one(data_quality.repeats(self.data, asked)),
            **{name: int(found[name].sum()) for name in ("records", *COUNTS)},
        )

    def added(self, now: datetime, days: int, zone: ZoneInfo) -> pd.DataFrame:
        edges = [Unit.DAY.after(Unit.DAY.floor(now, zone), zone)]
        while len(edges) <= days:
            edges.insert(0, Unit.DAY.floor(edges[0] - timedelta(microseconds=1), zone))
        cut = bars.of_edges(np.array([microseconds(edge) for edge in edges], np.int64))
        frame = self._of_bars(overview.added(self.data, cut), ["imported", "live"])
        frame.index.name = None
        return frame

    def audience(self) -> Audience:
        return Audience(**self._one(links.audience(self.data)))

    def links(self) -> pd.DataFrame:
        return self._ask(links.links(self.data))

    def ambiguous(self, limit: int) -> pd.DataFrame:
        return self._ask(links.ambiguous(self.data, limit)).drop(columns="anonymous_id")


def _index(starts: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(starts.astype("datetime64[us]"), name="start").tz_localize(UTC)


def _columns(names: list[str]) -> pd.Index:
    return pd.Index(names, dtype="str")


def _day(midnight: int) -> date:
    try:
        return (_EPOCH + timedelta(microseconds=midnight)).date()
    except OverflowError:
        return date.min if midnight < 0 else date.max
