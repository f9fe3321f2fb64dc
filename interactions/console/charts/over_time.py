"""Counts over time → ECharts options: stacked bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

from interactions.console.charts.colours import REST, colour_of, colour_of_rank
from interactions.contract.moments import plain

if TYPE_CHECKING:
    import pandas as pd

ASSISTED: Final = "#7a5af0"  # for records with a miso_id; not the hue of any group


def over_time(frame: pd.DataFrame, zone: tzinfo = UTC) -> dict[str, Any]:
    """Stacked bars. The frame has a row per bar, indexed by its start (UTC), and a column per type or group.

    The axis shows local time in ``zone``.
    """
    counts = {name: frame[name].tolist() for name in frame.columns}
    return stacked(frame.index, zone, counts, [{"color": colour_of(name)} for name in frame.columns])


def causes_over_time(starts: Sequence[datetime], counts: Mapping[str, list[int]], zone: tzinfo = UTC) -> dict[str, Any]:
    """Stacked bars that start at ``starts`` (UTC), with a count per bar for each cause, most frequent cause first.

    Causes beyond RANKS share one colour. There is no legend, because the page lists the causes with their colours.
    """
    styles = [{"color": colour_of_rank(rank)} for rank in range(len(counts))]
    option = stacked(starts, zone, counts, styles)
    return option | {"grid": option["grid"] | {"bottom": 8}}


def assisted_over_time(frame: pd.DataFrame, zone: tzinfo = UTC) -> dict[str, Any]:
    """Stacked bars of records with and without a miso_id, from the columns ``assisted`` and ``other``."""
    counts = {"Miso-assisted": frame["assisted"].tolist(), "Other": frame["other"].tolist()}
    option = stacked(frame.index, zone, counts, [{"color": ASSISTED}, {"color": REST, "opacity": 0.35}])
    return option | {
        "grid": option["grid"] | {"right": 20, "top": 8, "bottom": 4},
        "legend": {"show": False},
        "yAxis": option["yAxis"] | {"splitNumber": 3},
    }


def stacked(
    starts: Iterable[datetime],
    zone: tzinfo,
    counts: Mapping[str, Sequence[float | None]],
    styles: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Stacked bars that start at ``starts`` (UTC), with a series and a style for each of ``counts``."""
    return {
        "animation": False,
        "grid": {"left": 4, "right": 8, "top": 12, "bottom": 36, "outerBoundsMode": "same"},
        "legend": {"type": "scroll", "bottom": 0, "left": 0, "itemWidth": 10, "itemHeight": 10, "icon": "roundRect"},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "confine": True},
        "xAxis": {
            "type": "category",
            "data": [stamp(start, zone) for start in starts],
            "axisTick": {"show": False},
            "axisLabel": {"hideOverlap": True},
        },
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 4},
        "series": [
            {
                "name": name,
                "type": "bar",
                "stack": "records",
                "barCategoryGap": "14%",
                "barMaxWidth": 72,
                "itemStyle": style,
                "emphasis": {"disabled": True},
                "data": heights,
            }
            for (name, heights), style in zip(counts.items(), styles, strict=True)
        ],
    }


def stamp(moment: datetime, zone: tzinfo = UTC) -> str:
    """A moment as local time in ``zone``, to the minute: ``2024-01-31T05:00+01:00``, or with ``Z`` for UTC.

    Falls back to UTC where local time would be outside the years 1 to 9999.
    """
    try:
        here = plain(moment).astimezone(zone)
    except OverflowError:
        here = plain(moment).astimezone(UTC)
    return here.isoformat(timespec="minutes").replace("+00:00", "Z")
