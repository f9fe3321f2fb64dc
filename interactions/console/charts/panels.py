"""Frames of the dashboard's panels → ECharts options, for the pages and for pictures of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from interactions.console.charts.colours import colour_of_rank

if TYPE_CHECKING:
    import pandas as pd

_LONGEST_NAME: Final = 40


def rhythm(frame: pd.DataFrame) -> dict[str, Any]:
    """A heat map with a row per weekday and a column per hour. The browser picks the shades."""
    cells = [
        [hour, day, int(count)]
        for day, counts in enumerate(frame.to_numpy().tolist())
        for hour, count in enumerate(counts)
    ]
    return {
        "animation": False,
        "grid": {"left": 36, "right": 8, "top": 4, "bottom": 24},
        "tooltip": {"confine": True},
        "xAxis": {"type": "category", "data": [f"{hour:02}" for hour in frame.columns], "axisTick": {"show": False}},
        "yAxis": {"type": "category", "data": list(frame.index), "inverse": True, "axisTick": {"show": False}},
        "visualMap": {"show": False, "min": 0, "max": max(1, int(frame.to_numpy().max()))},
        "series": [{"name": "Records", "type": "heatmap", "data": cells}],
    }


def ranking(names: Sequence[str], counts: Sequence[float], colours: Sequence[str] | None = None) -> dict[str, Any]:
    """Horizontal bars, first on top, in ``colours`` or else all in the accent colour."""
    given = colours or [colour_of_rank(1)] * len(names)
    bars = [{"value": count, "itemStyle": {"color": colour}} for count, colour in zip(counts, given, strict=True)]
    return {
        "animation": False,
        "grid": {"left": 4, "right": 72, "top": 4, "bottom": 4, "outerBoundsMode": "same"},
        "xAxis": {"type": "value", "show": False},
        "yAxis": {
            "type": "category",
            "data": [name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…" for name in names],
            "inverse": True,
            "axisTick": {"show": False},
            "axisLine": {"show": False},
        },
        "series": [{"type": "bar", "barMaxWidth": 18, "label": {"show": True, "position": "right"}, "data": bars}],
    }
