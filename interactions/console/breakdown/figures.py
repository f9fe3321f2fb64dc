"""The figures of the Breakdown page as its template needs them, and as a CSV file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pandas as pd
from django.http import HttpResponse

from interactions.analytics.properties import Breakdown, Measure
from interactions.analytics.reports.breakdown import MOST_VALUES, breakdown, breakdown_over_time
from interactions.console import charts
from interactions.console.breakdown.words import MEASURES, explained, heading, none_of, worded, worded_all
from interactions.console.charts import FigureChange
from interactions.console.dashboard.data import DashboardData
from interactions.console.filter.choice import FilterChoice
from interactions.console.spreadsheet import as_file
from interactions.contract.currencies import rounded
from interactions.contract.schema import Group
from interactions.models import Environment
from interactions.product_names import ProductNames, names_of
from interactions.questions.breakdown import KEY
from interactions.templatetags.dashboard import NumberKind

_DRAWN: Final = 6  # values in the chart, as many as have a colour
_ADDED: Final = (Measure.RECORDS, Measure.REVENUE)
_KINDS: Final = {Measure.REVENUE: NumberKind.MONEY, Measure.CONVERSION: NumberKind.SHARE}
_FIELDS: Final = {
    "page": "page_url",
    "product": "product_id",
    "campaign": "campaign_name",
    **{name: f"campaign_{name}" for name in ("source", "medium", "term", "content")},
    "assisted": "is_assisted",
    "origin": "is_live",
    **{name: name for name in ("category", "keywords", "referrer", "region", "locale", "device", "result_type")},
}
_FLAGS: Final = {"assisted": "yes", "origin": "live"}
_LONGEST: Final = 2_048  # characters of a value in an address


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """A value, its measure, and ``length``: its bar in percent of the longest.

    ``full`` is the value itself. ``link`` filters by it; it's empty for rows that aren't a value. ``amount``, ``rate``
    and ``growth`` sort.
    """

    name: str
    full: str
    link: str
    cells: list[tuple[float | FigureChange | None, NumberKind]]
    amount: float
    rate: float
    growth: float
    length: float
    colour: str = ""


@dataclass(frozen=True)
class BreakdownFigures:
    """The answer for a page's query, with ``limit`` rows or those that ``find`` is in."""

    question: DashboardData
    asked: Breakdown
    choice: FilterChoice
    limit: int
    find: str

    @property
    def by(self) -> str:
        """The property, as in the address."""
        return KEY + self.asked.key if self.asked.key else self.asked.by

    @property
    def main(self) -> str:
        """The column that the chart shows and that is compared."""
        return self.asked.measure.value

    @property
    def first(self) -> str:
        """The column that ranks."""
        return "people" if self.asked.measure is Measure.CONVERSION else self.main

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The report; with a text to find, of the values that contain it."""
        if not self.find:
            return self._broken_down(self.limit)
        frame = self._broken_down(MOST_VALUES)
        names = self._product_names(frame["value"])
        found = frame["value"].map(lambda value: value is not None and self._is_found(value, names.get(value, "")))
        return frame[found.astype(bool)].head(self.limit)

    @cached_property
    def values(self) -> pd.DataFrame:
        """The rows that are values."""
        return self.frame[~(self.frame["is_other"] | self.frame["is_none"])]

    @cached_property
    def before(self) -> pd.DataFrame | None:
        """The report for the period before; None without a comparison."""
        if self.question.before is None:
            return None
        return breakdown(self.question.engine, self.question.before, self.asked, MOST_VALUES)

    @cached_property
    def amounts_before(self) -> dict[str | None, float]:
        """The main column of the period before by value."""
        known = None if self.before is None else self.before[~(self.before["is_other"] | self.before["is_none"])]
        return {} if known is None else dict(zip(known["value"], known[self.main].tolist(), strict=True))

    def context(self) -> dict[str, Any]:
        """What the template shows."""
        names = self._worded(self.values["value"].tolist())
        entries = zip(names, self.values.to_dict("records"), strict=True)
        rows = [self._row(name, entry, rank) for rank, (name, entry) in enumerate(entries)]
        rest = self.frame[self.frame["is_other"] | self.frame["is_none"]]
        size = self.frame.attrs["size"]
        return {
            "has_figures": True,
            "label": self.question.label,
            "label_before": self.question.label_before,
            "uncovered": self.question.uncovered,
            "from_day": self.question.first_day,
            "to_day": self.question.last_day,
            "note": explained(self.asked),
            "heading": heading(self.by),
            "columns": self._headings(),
            "rows": rows,
            "others": [self._rest(entry, size) for entry in rest.to_dict("records")],
            "size": size,
            "all": self._all(),
            "unit": self.question.unit,
            "units": self._units(),
            "bars": self._bars(),
        }

    def _worded(self, values: list[str]) -> list[str]:
        """Values for display; products by their names."""
        if self.by != "product":
            return worded_all(self.by, values)
        names = self._product_names(values)
        return [names.get(value) or worded(self.by, value) for value in values]

    def _product_names(self, values: Iterable[str | None]) -> ProductNames:
        return names_of(self.question.environment, values) if self.by == "product" else {}

    def _broken_down(self, limit: int) -> pd.DataFrame:
        return breakdown(self.question.engine, self.question.filter, self.asked, limit)

    def _is_found(self, value: str, name: str) -> bool:
        wanted = self.find.casefold()
        return any(wanted in text.casefold() for text in (value, worded(self.by, value), name))

    def _columns(self) -> list[tuple[str, str, NumberKind]]:
        """The name in the frame, the label and the form of each column."""
        if self.asked.measure is Measure.CONVERSION:
            amounts = [("people", "People", NumberKind.NUMBER), ("converted", "Converted", NumberKind.NUMBER)]
            return [*amounts, ("conversion", "Rate", NumberKind.SHARE)]
        kind = _KINDS.get(self.asked.measure, NumberKind.NUMBER)
        return [(self.main, MEASURES[self.asked.measure], kind), ("share", "Share", NumberKind.SHARE)]

    def _headings(self) -> list[tuple[str, str]]:
        """The label of each column, and by which of a row's numbers it sorts."""
        by = {self.main: "rate", self.first: "records"}
        found = [(label, by.get(name, "")) for name, label, _ in self._columns()]
        return [*found, ("Change", "growth")] if self.before is not None else found

    def _row(self, name: str, entry: dict[str, Any], rank: int) -> BreakdownRow:
        value: str = entry["value"]
        change = self._change(value, entry[self.main])
        fraction = change.fraction if change else None
        return BreakdownRow(
            name,
            value,
            self._link(value),
            [*self._cells(entry), *([] if self.before is None else [(change, NumberKind.CHANGE)])],
            _number(entry[self.first]),
            _number(entry[self.main]),
            fraction if fraction is not None else float(bool(change and change.is_new)) * 1e9,
            self._length(_number(entry[self.first])),
            charts.colour_of_rank(rank) if rank < _DRAWN else "",
        )

    def _change(self, value: str, now: float) -> FigureChange | None:
        """None without a comparison, or if the value may be among the others of the period before."""
        if self.before is None or (value not in self.amounts_before and self.before["is_other"].any()):
            return None
        return FigureChange(now, self.amounts_before.get(value, 0))

    def _rest(self, entry: dict[str, Any], size: int) -> BreakdownRow:
        name = f"{size - len(self.values):,} others" if entry["is_other"] else none_of(self.by)
        cells = [*self._cells(entry), *([(None, NumberKind.CHANGE)] if self.before is not None else [])]
        return BreakdownRow(name, name, "", cells, 0, 0, 0, 0)

    def _cells(self, entry: dict[str, Any]) -> list[tuple[float | FigureChange | None, NumberKind]]:
        return [(None if pd.isna(entry[name]) else entry[name], kind) for name, _, kind in self._columns()]

    def _length(self, amount: float) -> float:
        most = max((_number(each) for each in self.values[self.first]), default=0)
        return round(100 * max(0.0, amount) / most, 2) if most > 0 else 0

    def _all(self) -> tuple[float | None, NumberKind]:
        return self.frame.attrs["total"], _KINDS.get(self.asked.measure, NumberKind.NUMBER)

    def _link(self, value: str) -> str:
        """The query string with the value as a filter; empty if the filter can't have it."""
        if not value or value != value.strip() or len(value) > _LONGEST:
            return ""
        query = self.choice.replaced
        if self.by == "type":
            return query(types=(value,), groups=()).query(find=None)
        if self.by == "group":
            return query(groups=(Group(value),), types=()).query(find=None)
        field = self.asked.by if self.asked.key else _FIELDS.get(self.by)
        if field is None:
            return ""
        return query(**{field: value == _FLAGS[self.by] if self.by in _FLAGS else value}).query(find=None)

    def _units(self) -> list[tuple[str, str, bool]]:
        return [
            (unit.value, self.choice.query(unit=unit.value), unit is self.question.unit) for unit in self.question.units
        ]

    def _bars(self) -> dict[str, Any]:
        """The chart of the first values, all others and none."""
        drawn, zone, unit = self.values["value"].tolist()[:_DRAWN], self.question.zone, self.question.unit
        asked = (self.question.engine, self.question.filter, self.asked)
        frame = breakdown_over_time(*asked, tuple(drawn), unit, zone)
        names = _distinct([*self._worded(drawn), "Other values", none_of(self.by)])
        is_stacked = self.asked.measure in _ADDED and not self.asked.is_list
        option = charts.broken_down(frame, names, zone, is_stacked=is_stacked)
        if self.asked.measure is Measure.CONVERSION:
            option["yAxis"] = option["yAxis"] | {"minInterval": 0}
        return {
            "unit": unit,
            "label": self.question.label,
            "zone": self.question.environment.time_zone,
            "so_far": charts.stamp(self.question.so_far, zone) if self.question.so_far else None,
            "form": _KINDS.get(self.asked.measure, NumberKind.NUMBER),
            "has_total": is_stacked,
            "option": option,
        }


def as_csv(figures: BreakdownFigures, here: Environment) -> HttpResponse:
    """All values, up to MOST_VALUES, as a file; the last rows are those of other values and of none."""
    frame = breakdown(figures.question.engine, figures.question.filter, figures.asked, MOST_VALUES)
    names = [name for name in frame.columns if name not in ("value", "is_other", "is_none")]
    products = names_of(here, frame["value"]) if figures.by == "product" else None
    rows = []
    for entry in frame.to_dict("records"):
        value = "(other)" if entry["is_other"] else "(none)" if entry["is_none"] else entry["value"]
        named = [value] if products is None else [value, products.get(value, "")]
        amounts = [rounded(entry[name], here.currency) if name == "revenue" else entry[name] for name in names]
        rows.append([*named, *amounts])
    words = [{"records": "interactions", "revenue": "gross_revenue"}.get(name, name) for name in names]
    first = [heading(figures.by), *([] if products is None else ["product_name"])]
    return as_file([[*first, *words], *rows], f"breakdown-{here.slug}.csv")


def _number(value: Any) -> float:
    return 0.0 if pd.isna(value) else float(value)


def _distinct(names: list[str]) -> list[str]:
    """Series need different names: two pages can differ in what isn't shown."""
    return [name if names.index(name) == place else f"{name} ({place + 1})" for place, name in enumerate(names)]
