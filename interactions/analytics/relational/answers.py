"""Every report answered by its relational expression, on whatever engine runs it: the same frames as an index gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from interactions import identity
from interactions.analytics.cohorts import CohortCondition, CohortDefinition, Members
from interactions.analytics.definitions import COUNTS, PLACEHOLDERS
from interactions.analytics.filters import Filter
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit
from interactions.analytics.properties import Breakdown
from interactions.analytics.relational import (
    attribution,
    bars,
    breakdown,
    breakdowns,
    cohorts,
    conversion,
    data_quality,
    frames,
    funnel,
    links,
    overview,
    paths,
    people,
    products,
    retention,
    suggestions,
    timeseries,
    totals,
)
from interactions.analytics.relational.data import DataSet
from interactions.analytics.reports.attribution import Assisted
from interactions.analytics.reports.audience import Audience
from interactions.analytics.reports.breakdown import about, over_time_of
from interactions.analytics.reports.breakdown import frame_of as of_values
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.conversion import Conversion, ConversionAsked
from interactions.analytics.reports.data_quality import Measures
from interactions.analytics.reports.history import history
from interactions.analytics.reports.paths import Paths, PathsAsked
from interactions.analytics.reports.retention import Return, edges_of, frame_of, since_ever, within
from interactions.analytics.reports.totals import EVERYTHING, Totals
from interactions.analytics.step_fields import StepField
from interactions.analytics.steps import Step
from interactions.contract.tombstones import microseconds

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Answers(ABC):
    """Answers each report by the method of its name, which takes the report's parameters except the index."""

    custom_keys: tuple[str, ...] = ()  # each record's text of JSON is read for all alike

    def answer(
        self, report: Callable[Concatenate[Index, Given], Found], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Found:
        """The same answer as an index of the data set: see :class:`~interactions.analytics.question.Engine`."""
        return cast("Found", getattr(self, report.__name__)(*args, **kwargs))

    @abstractmethod
    def data(self) -> DataSet:
        """The data set, without its user agents; for one question."""

    @abstractmethod
    def run(self, expression: ibis.Table) -> pa.Table:
        """The rows of ``expression``, with its types."""

    def agents(self) -> tuple[str | None, ...]:
        """The user agents that occur, None for records without one."""
        rows = self.run(self.data().table.select("user_agent").distinct())
        return tuple(rows["user_agent"].to_pylist())

    def totals(self, filter: Filter = EVERYTHING, unit: Unit = Unit.YEAR, zone: tzinfo = UTC) -> Totals | None:
        found = self._one(totals.totals(self._asked(filter), filter))
        if not found["interactions"]:
            return None
        times = {name: found[name].astimezone(UTC) for name in ("first", "last")}
        return Totals(**{**found, **times})

    def by_type(self, filter: Filter = EVERYTHING) -> pd.DataFrame:
        return self._frame(totals.by_type(self._asked(filter), filter))

    def count(self, filter: Filter = EVERYTHING) -> int:
        return int(self._one(totals.counted(self._asked(filter), filter))["records"])

    def has_records(self) -> bool:
        return bool(self.run(self.data().visible.select("type").limit(1)).num_rows)

    def users(self, filter: Filter = EVERYTHING) -> int:
        return self.people(filter)[1]

    def products(self, filter: Filter = EVERYTHING) -> int:
        return int(self._one(products.different(self._asked(filter), filter))["products"])

    def people(self, filter: Filter = EVERYTHING) -> tuple[int, int, int]:
        found = self._one(people.counted(self._asked(filter), filter))
        return found["people"], found["users"], found["anonymous"]

    def cohort_people(self, cohort: CohortDefinition) -> int:
        data = self._asked(Filter(cohorts=[CohortCondition((cohort,))]))
        return int(self._one(cohorts.members(data, [cohort]).agg(people=_.count()))["people"])

    def cohort_members(self, chosen: Sequence[CohortDefinition]) -> Members:
        data = self._asked(Filter(cohorts=[CohortCondition(tuple(chosen))]))
        asked = (cohorts.users(data, chosen), cohorts.visitors(data, chosen), cohorts.alone(data, chosen))
        return Members(*(np.sort(np.array(self.run(each)["key"].to_pylist(), np.int64)) for each in asked))

    def ends(self, filter: Filter) -> tuple[datetime | None, datetime | None]:
        found = self._one(totals.extent(self._asked(filter), filter))
        return frames.moment(found["first"]), frames.moment(found["last"])

    def over_time(self, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
        edges = self._edges(filter, unit, zone)
        rows = self._frame(timeseries.over_time(self._asked(filter), filter, bars.until_next(edges)))
        return frames.of_types(rows, edges[:-1])

    def sparklines(self, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
        names = ("interactions", "people", "sessions", "products", "searches", "conversions", "revenue", "refunds")
        cut = bars.until_next(self._edges(filter, unit, zone))
        return frames.of_bars(self._frame(timeseries.sparklines(self._asked(filter), filter, cut)), names)

    def rhythm(self, filter: Filter, zone: tzinfo = UTC) -> pd.DataFrame:
        clock = bars.clock(zone, *self._extent(filter))
        return frames.of_week(self._frame(timeseries.rhythm(self._asked(filter), filter, clock)))

    def funnel(self, filter: Filter, steps: Sequence[Step]) -> pd.DataFrame:
        data = self._asked(filter, devices=_about_devices(steps))
        return frames.of_steps(self._one(funnel.funnel(data, filter, steps)), steps)

    def retention(self, filter: Filter, asked: Return, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
        ever = since_ever(filter)
        data, (first, last) = self._asked(ever), self._extent(ever)
        edges = edges_of((first, last) if first <= last else None, filter.period, unit, zone)
        if not len(edges):
            return frame_of(np.zeros((0, 1), np.int64), edges)
        exact = within(edges, filter.period)
        began, came = retention.retention(data, ever, asked.first, asked.returning, bars.of_edges(exact))
        return frame_of(frames.of_returns(self._frame(began), self._frame(came), exact), edges)

    def conversion(self, filter: Filter, asked: ConversionAsked) -> Conversion:
        def rows(question: Callable[[DataSet, Filter, ConversionAsked], ibis.Table]) -> pd.DataFrame:
            data = self._asked(filter, devices=asked.by == StepField.DEVICE or _about_devices(asked.steps))
            return self._frame(question(data, filter, asked))

        people, times, histogram = rows(conversion.people), rows(conversion.times), rows(conversion.histogram)
        return frames.of_conversion(people, times, histogram, asked)

    def paths(self, filter: Filter, asked: PathsAsked) -> Paths:
        data = self._asked(filter, devices=asked.field == StepField.DEVICE)
        nodes = frames.of_nodes(self._frame(paths.nodes(data, filter, asked)), asked)
        data = self._asked(filter, devices=asked.field == StepField.DEVICE)
        return frames.of_paths(self._frame(paths.counted(data, filter, asked, nodes)), nodes)

    def assisted(self, filter: Filter) -> Assisted:
        data = self._asked(filter)
        types = self._frame(attribution.assisted(data, filter))
        return frames.of_assisted(types, self._one(attribution.results(data, filter)))

    def assisted_over_time(self, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
        cut = bars.until_next(self._edges(filter, unit, zone))
        rows = self._frame(timeseries.assisted_over_time(self._asked(filter), filter, cut))
        return frames.of_bars(rows, ("assisted", "other"))

    def top(self, filter: Filter, subject: Subject, limit: int = 10) -> pd.DataFrame:
        data = self._asked(filter, devices=subject is Subject.DEVICES)
        return frames.of_top(self.run(breakdowns.top(data, filter, subject, limit)), subject)

    def breakdown(self, filter: Filter, asked: Breakdown, limit: int = 10) -> pd.DataFrame:
        filter = about(filter, asked)
        data = self._asked(filter, devices=asked.by == "device")
        top = self.run(breakdown.by_value(data, filter, asked, limit))
        values, size = top["value"].to_pylist(), top["size"].to_pylist()[0] if top.num_rows else 0
        rows = self._frame(breakdown.by_slot(data, filter, asked, values))
        whole = self._frame(breakdown.total(data, filter, asked)).assign(slot=0)
        amounts = frames.of_slots(rows, asked.measure, len(values) + 2)
        return of_values(asked, values, amounts, size, frames.of_slots(whole, asked.measure, 1)[0])

    def breakdown_over_time(
        self, filter: Filter, asked: Breakdown, values: Sequence[str], unit: Unit, zone: tzinfo = UTC
    ) -> pd.DataFrame:
        filter = about(filter, asked)
        edges = self._edges(filter, unit, zone)
        data = self._asked(filter, devices=asked.by == "device")
        rows = self._frame(breakdown.by_slot_and_bar(data, filter, asked, values, bars.until_next(edges)))
        return over_time_of(asked, frames.of_slots_and_bars(rows, asked.measure, len(values) + 2, edges), edges)

    def top_named(self, filter: Filter, limit: int = 10) -> pd.DataFrame:
        return frames.of_top(self.run(breakdowns.top_named(self._asked(filter), filter, limit)), None)

    def suggestions(self, filter: Filter, field: str, text: str = "", limit: int = 20) -> pd.DataFrame:
        data = self._asked(filter, devices=field == "device")
        return frames.of_suggestions(self.run(suggestions.suggestions(data, filter, field, text, limit)))

    def measure(self, zone: tzinfo, *, without_import: int | None = None) -> Measures:
        asked = Filter().having(is_not=True, import_id=without_import)
        keyring = identity.keyring()
        placeholders = [keyring.key(word) for word in PLACEHOLDERS]
        found = self._frame(data_quality.measures(self._asked(asked), asked, placeholders))
        clock = bars.clock(zone, *self._extent(asked))
        days = self._frame(timeseries.by_day(self._asked(asked), asked, clock))
        past = history(frames.by_day(days), datetime.now(zone).date())
        return Measures(
            by_type=dict(zip(found["type"], found["records"].tolist(), strict=True)),
            days=past.days,
            days_spanned=past.days_spanned,
            longest_gap=past.longest_gap,
            strays=past.strays,
            **self._one(data_quality.repeats(self._asked(asked), asked)),
            **{name: int(found[name].sum()) for name in ("records", *COUNTS)},
        )

    def added(self, now: datetime, days: int, zone: tzinfo) -> pd.DataFrame:
        edges = [Unit.DAY.after(Unit.DAY.floor(now, zone), zone)]
        while len(edges) <= days:
            edges.insert(0, Unit.DAY.floor(edges[0] - timedelta(microseconds=1), zone))
        cut = bars.of_edges(np.array([microseconds(edge) for edge in edges], np.int64))
        rows = self._frame(overview.added(self.data(), cut))
        return frames.of_bars(rows, ("imported", "live")).rename_axis(index=None)

    def audience(self) -> Audience:
        return Audience(**self._one(links.audience(self.data())))

    def links(self) -> pd.DataFrame:
        return self._frame(links.links(self.data()))

    def ambiguous(self, limit: int) -> pd.DataFrame:
        return self._frame(links.ambiguous(self.data(), limit)).drop(columns="anonymous_id")

    def _asked(self, filter: Filter, *, devices: bool = False) -> DataSet:
        """The data set, with its user agents only if they're needed: finding them is a query of its own."""
        data = self.data()
        if devices or filter.asks_for("device"):
            return DataSet(data.table, data.hidden, self.agents(), data.links)
        return data

    def _edges(self, filter: Filter, unit: Unit, zone: tzinfo) -> np.ndarray:
        return bars.edges(filter.period, *self._extent(filter), unit, zone)

    def _extent(self, filter: Filter) -> tuple[int, int]:
        found = self._one(totals.extent(self._asked(filter), filter))
        return (0, -1) if found["first"] is None else (found["first"], found["last"])

    def _frame(self, expression: ibis.Table) -> pd.DataFrame:
        frame: pd.DataFrame = self.run(expression).to_pandas()
        return frame

    def _one(self, expression: ibis.Table) -> dict[str, Any]:
        (row,) = self.run(expression).to_pylist()
        return dict(row)


def _about_devices(steps: Sequence[Step]) -> bool:
    return any(condition.field == "device" for step in steps for condition in step.conditions)
