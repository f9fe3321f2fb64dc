"""The figures of the dashboard as its templates need them: tiles and bars first, then the other panels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from interactions.analytics.periods import Unit
from interactions.analytics.reports.attribution import assisted, assisted_over_time
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.funnel import funnel
from interactions.analytics.reports.timeseries import rhythm, sparklines
from interactions.analytics.reports.totals import Totals, totals
from interactions.console import charts
from interactions.console.charts import FigureChange
from interactions.console.dashboard.choice import FUNNELS, MOST_STEPS, SPLITS
from interactions.console.dashboard.panels import by_group, by_type, top_panel
from interactions.console.dashboard.scene import Scene
from interactions.contract.schema import TYPES_BY_GROUP

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
        "The revenue of all check-outs. Refunds have no amount, so they aren't subtracted.",
    ),
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


def first_figures(scene: Scene) -> dict[str, Any]:
    """Totals, records over time, types and groups: what's visible without scrolling."""
    types = scene.types
    found = totals(scene.index, scene.filter, scene.unit, scene.environment.zone)
    return {
        "has_figures": True,
        "label": scene.label,
        "label_before": scene.label_before,
        "uncovered": scene.uncovered,
        "odd": scene.odd_dates,
        "from_day": scene.first_day,
        "to_day": scene.last_day,
        "records": int(types["records"].sum()),
        "totals": found,
        "tiles": _tiles(scene, found),
        "unit": scene.unit,
        "units": _units(scene),
        "splits": [(split, scene.choice.filter.query(split=split), split == scene.choice.split) for split in SPLITS],
        "bars": _bars(scene, charts.over_time(scene.over_time(), scene.environment.zone)),
        "by_type": by_type(scene),
        "by_group": by_group(scene),
    }


def other_figures(scene: Scene) -> dict[str, Any]:
    """The other panels."""
    zone = scene.environment.zone
    grid = rhythm(scene.index, scene.filter, zone)
    return {
        "has_figures": True,
        "rhythm": charts.rhythm(grid),
        "rhythm_rows": [(day, counts) for day, counts in zip(grid.index, grid.to_numpy().tolist(), strict=True)],
        "rhythm_hours": [f"{hour:02}" for hour in grid.columns],
        "funnel": _funnel(scene),
        "assisted": _assisted(scene),
        "left": [top_panel(scene, subject) for subject in _LEFT],
        "right": [top_panel(scene, subject) for subject in _RIGHT],
    }


def _bars(scene: Scene, option: dict[str, Any]) -> dict[str, Any]:
    """The chart option for bars over time, and which bar is still incomplete and drawn hatched."""
    zone = scene.environment.zone
    return {
        "unit": scene.unit,
        "label": scene.label,
        "zone": scene.environment.time_zone,
        "so_far": charts.stamp(scene.so_far, zone) if scene.so_far else None,
        "option": option,
    }


def _tiles(scene: Scene, now: Totals | None) -> list[Tile]:
    before = totals(scene.index, scene.before) if scene.before else None
    found = []
    for name, label, note in TILES:
        value = getattr(now, name, 0)
        change = FigureChange(value, getattr(before, name, 0)) if scene.before else None
        found.append(Tile(name, label, note, value, change, ""))
    return _with_lines(scene, found) if now else found


def _with_lines(scene: Scene, tiles: list[Tile]) -> list[Tile]:
    """The tiles with a sparkline each."""
    frame = sparklines(scene.index, scene.filter, scene.unit, scene.environment.zone)
    return [replace(tile, line=charts.spark(_without_fall(scene, frame[tile.name]))) for tile in tiles]


def _without_fall(scene: Scene, bars: pd.Series) -> list[float]:
    """The totals per bar, without the incomplete bar if it would look like a fall."""
    totals: list[float] = bars.tolist()
    at = bars.index.get_loc(scene.so_far) if scene.so_far in bars.index else 0
    return totals[:at] + totals[at + 1 :] if at and totals[at] < totals[at - 1] else totals


def _units(scene: Scene) -> list[tuple[Unit, str, bool, bool]]:
    shown = [Unit.HOUR, Unit.DAY, Unit.WEEK, Unit.MONTH, *(unit for unit in scene.units if unit.years)]
    query = scene.choice.filter.query
    return [(unit, query(unit=unit.value), unit in scene.units, unit == scene.unit) for unit in shown]


def _funnel(scene: Scene) -> dict[str, Any]:
    steps = scene.choice.funnel(set(scene.types["type"]))
    frame = funnel(scene.index, scene.filter, steps)
    query = scene.choice.filter.query
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
    chosen = [step.types[0] for step in steps]
    return {
        "rows": rows,
        "is_empty": not frame["people"].any(),
        "presets": [(label, query(step=name), steps == preset) for name, (label, preset) in FUNNELS.items()],
        "chosen": chosen + [""] * (MOST_STEPS - len(chosen)),
        "types": [(group.value, types) for group, types in TYPES_BY_GROUP.items()],
        "pairs": scene.choice.filter.pairs() + [p for p in scene.choice.filter.kept.items() if p[0] != "step"],
        "option": charts.ranking(frame["step"].tolist(), frame["people"].tolist()),
    }


def _assisted(scene: Scene) -> dict[str, Any]:
    found = assisted(scene.index, scene.filter)
    over_time = assisted_over_time(scene.index, scene.filter, scene.unit, scene.environment.zone)
    return {
        "found": found,
        "is_empty": not found.assisted,
        "types": found.types[found.types["assisted"] > 0].head(8).to_dict("records"),
        "bars": _bars(scene, charts.assisted_over_time(over_time, scene.environment.zone)),
    }


def _none(value: float) -> float | None:
    return None if pd.isna(value) else value
