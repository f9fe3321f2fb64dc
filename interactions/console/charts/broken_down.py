"""A breakdown over time → ECharts options: stacked bars where values add up, lines where they don't."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from interactions.console.charts.colours import REST, colour_of_rank
from interactions.console.charts.over_time import stacked

if TYPE_CHECKING:
    import pandas as pd

_NO_VALUE: Final[dict[str, Any]] = {"color": REST, "opacity": 0.35}


def broken_down(frame: pd.DataFrame, names: Sequence[str], zone: tzinfo, *, is_stacked: bool) -> dict[str, Any]:
    """The frame has a column for each of ``names``, the last two for other values and for none.

    Series without anything are left out, but for a lone one.
    """
    styles: list[dict[str, Any]] = [{"color": colour_of_rank(rank)} for rank in range(len(names) - 2)]
    styles += [{"color": REST}, _NO_VALUE]
    shown = [place for place in range(len(names)) if frame[place].fillna(0).any()] or [0]
    counts = {names[place]: [None if isnan(each) else each for each in frame[place].tolist()] for place in shown}
    option = stacked(frame.index, zone, counts, [styles[place] for place in shown])
    if is_stacked:
        return option
    if len(shown) > 1:  # which would leave the values no room; a click on its name draws it
        option["legend"] = option["legend"] | {"selected": {names[-2]: False}}
    option["tooltip"] = option["tooltip"] | {"axisPointer": {"type": "line"}}
    option["series"] = [_line(each) for each in option["series"]]
    return option


def _line(series: dict[str, Any]) -> dict[str, Any]:
    style = series["itemStyle"]
    return {
        "name": series["name"],
        "type": "line",
        "symbol": "circle",
        "symbolSize": 5,
        "showSymbol": len(series["data"]) == 1,
        "itemStyle": style,
        "lineStyle": {"width": 2, **style},
        "emphasis": {"disabled": True},
        "data": series["data"],
    }
