"""The figures of the dashboard as its templates need them: tiles and bars first, then the other panels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
from django.urls import reverse

from interactions.analytics.periods import Unit
from interactions.analytics.reports.attribution import assisted, assisted_over_time
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.funnel import funnel
from interactions.analytics.reports.timeseries import rhythm, sparklines
from interactions.analytics.reports.totals import Totals, totals
from interactions.console import charts
from interactions.console.charts import FigureChange
from interactions.console.dashboard.data import DashboardData
from interactions.console.dashboard.panels import Panel, by_group, by_type, top_panel
from interactions.console.funnel_steps import word_of
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.questions.options import SPLITS
from interactions.questions.steps import FUNNELS, MOST_STEPS, STEP, is_of_step

# Attribute of Totals, label, and an explanation.
TILES: Final = (
    ("interactions", "Interactions", "All records in the period, of any type."),
    (
        "people",
        "People",
        "Users, and visitors who never signed in. What a user did before signing in counts as theirs.",
    ),
    ("sessions", "Sessions", "Visits. A session ends after 30 minutes without a record."),
    ("products", "Products", "Distinct product ids in the records."),
    ("searches", "Searches", "Records of type search."),
    (
        "conversions",
        "Goals",
        "Check-outs and subscriptions. The group Conversion has carts and refunds, too.",
    ),
    (
        "revenue",
        "Gross revenue",
        "The revenue of all check-outs, without deducting refunds.",
    ),
)
_NET: Final = (
    "net_revenue",
    "Net revenue",
    "Gross revenue minus the amounts of refunds in the period. Refunds without an amount aren't deducted.",
)
_LEFT: Final = (Subject.PRODUCTS, Subject.PAGES, Subject.CATEGORIES)
_RIGHT: Final = (Subject.SEARCHES, Subject.CAMPAIGNS, Subject.DEVICES, Subject.REGIONS)


@dataclass(frozen=True, slots=True)
class Tile:
    """A total. ``change`` is None without a comparison; ``line`` is an SVG path."""

    name: str
    label: str
    note: str
    value: float
    change: FigureChange | None
    line: str

    @property
    def is_money(self) -> bool:
        return self.name in ("revenue", "net_revenue")


def first_figures(data: DashboardData) -> dict[str, Any]:
    """Totals, records over time, types and groups: what's visible without scrolling."""
    types = data.types
    found = totals(data.engine, data.filter, data.unit, data.environment.zone)
    return {
        "has_figures": True,
        "label": data.label,
        "label_before": data.label_before,
        "uncovered": data.uncovered,
        "odd": data.odd_dates,
        "from_day": data.first_day,
        "to_day": data.last_day,
        "records": int(types["records"].sum()),
        "totals": found,
        "tiles": _tiles(data, found),
        "unit": data.unit,
        "units": _units(data),
        "splits": [(split, data.choice.filter.query(split=split), split == data.choice.split) for split in SPLITS],
        "bars": bars_over_time(data),
        "by_type": by_type(data),
        "by_group": by_group(data),
    }


def other_figures(data: DashboardData) -> dict[str, Any]:
    """The other panels."""
    zone = data.environment.zone
    grid = rhythm(data.engine, data.filter, zone)
    found = _assisted(data)
    left, right = ([top_panel(data, subject) for subject in subjects] for subjects in (_LEFT, _RIGHT))
    return {
        "has_figures": True,
        "rhythm": charts.rhythm(grid),
        "rhythm_rows": [(day, counts) for day, counts in zip(grid.index, grid.to_numpy().tolist(), strict=True)],
        "rhythm_hours": [f"{hour:02}" for hour in grid.columns],
        "funnel": funnel_of(data),
        "assisted": found,
        "left": [panel for panel in left if panel.rows],
        "right": [panel for panel in right if panel.rows],
        "absent": _absent(data, [*left, *right], found),
    }


def _absent(data: DashboardData, panels: list[Panel], found: dict[str, Any]) -> list[str]:
    """The panels that aren't shown because the period has nothing for them. Empty if it has no records at all."""
    if not data.present:
        return []
    return [panel.absent for panel in panels if not panel.rows] + ["records with a miso_id"] * found["is_empty"]


def bars_over_time(data: DashboardData) -> dict[str, Any]:
    """The first chart: records per bar, by group or type."""
    return _bars(data, charts.over_time(data.over_time(), data.environment.zone))


def _bars(data: DashboardData, option: dict[str, Any]) -> dict[str, Any]:
    """The chart option for bars over time, and which bar is still incomplete and drawn hatched."""
    zone = data.environment.zone
    return {
        "unit": data.unit,
        "label": data.label,
        "zone": data.environment.time_zone,
        "so_far": charts.stamp(data.so_far, zone) if data.so_far else None,
        "option": option,
    }


def _tiles(data: DashboardData, now: Totals | None) -> list[Tile]:
    before = totals(data.engine, data.before) if data.before else None
    found = []
    for name, label, note in TILES:
        value = getattr(now, name, 0)
        change = FigureChange(value, getattr(before, name, 0)) if data.before else None
        found.append(Tile(name, label, note, value, change, ""))
    if now and now.net_revenue is not None:
        earlier = before.revenue - before.refunds if before else 0
        change = FigureChange(now.net_revenue, earlier) if data.before else None
        found.append(Tile(*_NET, now.net_revenue, change, ""))
    return _with_lines(data, found) if now else found


def _with_lines(data: DashboardData, tiles: list[Tile]) -> list[Tile]:
    """The tiles with a sparkline each."""
    frame = sparklines(data.engine, data.filter, data.unit, data.environment.zone)
    frame["net_revenue"] = frame["revenue"] - frame["refunds"]
    return [replace(tile, line=charts.spark(_without_fall(data, frame[tile.name]))) for tile in tiles]


def _without_fall(data: DashboardData, bars: pd.Series) -> list[float]:
    """The totals per bar, without the incomplete bar if it would look like a fall."""
    totals: list[float] = bars.tolist()
    at = bars.index.get_loc(data.so_far) if data.so_far in bars.index else 0
    return totals[:at] + totals[at + 1 :] if at and totals[at] < totals[at - 1] else totals


def _units(data: DashboardData) -> list[tuple[Unit, str, bool, bool]]:
    shown = [Unit.HOUR, Unit.DAY, Unit.WEEK, Unit.MONTH, *(unit for unit in data.units if unit.years)]
    query = data.choice.filter.query
    return [(unit, query(unit=unit.value), unit in data.units, unit == data.unit) for unit in shown]


def funnel_of(data: DashboardData) -> dict[str, Any]:
    """The funnel, its steps and the form that chooses them."""
    steps = data.choice.funnel(data.present)
    frame = funnel(data.engine, data.filter, steps)
    query = data.choice.filter.query
    rows = [
        {
            "step": entry["step"],
            "people": entry["people"],
            "of_first": _none(entry["of_first"]),
            "of_previous": _none(entry["of_previous"]),
            "seconds": _none(entry["median_seconds"]),
            "length": round(100 * (_none(entry["of_first"]) or 0), 2),
        }
        for entry in frame.to_dict("records")
    ]
    chosen = [word_of(step) for step in steps]
    return {
        "rows": rows,
        "page": reverse("funnel", args=[data.environment.slug]) + query(unit=None, split=None, compare=None),
        "is_empty": not frame["people"].any(),
        "presets": [(label, query(step=name), steps == preset) for name, (label, preset) in FUNNELS.items()],
        "chosen": chosen + [""] * (MOST_STEPS - len(chosen)),
        "types": [(group.value, types) for group, types in TYPES_BY_GROUP.items()],
        "pairs": [
            pair
            for pair in (*data.choice.filter.pairs(), *data.choice.filter.kept.items())
            if pair[0] != STEP and not is_of_step(pair[0])  # other steps have no conditions
        ],
        "option": charts.ranking(frame["step"].tolist(), frame["people"].tolist()),
    }


def _assisted(data: DashboardData) -> dict[str, Any]:
    found = assisted(data.engine, data.filter)
    over_time = assisted_over_time(data.engine, data.filter, data.unit, data.environment.zone)
    return {
        "found": found,
        "is_empty": not found.assisted,
        "types": found.types[found.types["assisted"] > 0].head(8).to_dict("records"),
        "bars": _bars(data, charts.assisted_over_time(over_time, data.environment.zone)),
    }


def _none(value: float) -> float | None:
    return None if pd.isna(value) else value
