"""Frames of numbers → ECharts options, and the colours that types and groups have everywhere.

Colours of text, lines and background depend on the theme and are the browser's part (static/js/chart.js).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from interactions.schema import GROUP_OF, TYPES_BY_GROUP, Group

if TYPE_CHECKING:
    import pandas as pd

# A hue a group, a shade a type in the order of TYPES_BY_GROUP. The first shade is the group's own:
# it stands out (3:1) from the white and from the dark card, and from the other six for people who
# do not tell red, green or blue from each other; the tests measure both.
PALETTE: Final[dict[Group, tuple[str, ...]]] = {
    Group.CORE: ("#297cef", "#61a0fd", "#0455b7", "#a4c8fc"),
    Group.CONVERSION: ("#c54d05", "#e16831", "#a74004", "#f58a5e", "#feb497", "#8a3404"),
    Group.CONSUMPTION: ("#1c8859", "#4b9e73", "#097147", "#72b790", "#055b38", "#98d2b1"),
    Group.FEEDBACK: ("#d0417d", "#db5e8d", "#b72668", "#e6799f", "#9c0454", "#f293b3", "#feafc8"),
    Group.ADDITIONAL: ("#10a1b9", "#43d4f0", "#107586"),
    Group.PERFORMANCE: ("#c28814", "#f8b84e"),
    Group.CUSTOM: ("#727a86",),
}
# Of what is no type: from the one seen most to the one seen least, then all the rest. Hues of the groups, so they
# stand apart as those do.
RANKS: Final = ("#c54d05", "#297cef", "#d0417d", "#c28814", "#10a1b9", "#1c8859")
REST: Final = "#727a86"
BACKGROUNDS: Final = {"light": "#ffffff", "dark": "#131b29"}

_COLOUR_OF_TYPE: Final = {
    name: PALETTE[group][place] for group, types in TYPES_BY_GROUP.items() for place, name in enumerate(types)
}


def colour_of_type(name: str) -> str:
    """The colour of a type, as ``#rrggbb``. Raises KeyError for a word that is no type."""
    return _COLOUR_OF_TYPE[name]


def colour_of_group(group: str) -> str:
    """The colour of a group, as ``#rrggbb``. Raises ValueError for a word that is no group."""
    return PALETTE[Group(group)][0]


def by_group(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with a column a type → one with a column a group, in the groups' order."""
    groups = frame.T.groupby([GROUP_OF[name].value for name in frame.columns], sort=False).sum().T
    return groups.reindex(columns=[group.value for group in Group if group.value in groups.columns])


def over_time(frame: pd.DataFrame) -> dict[str, Any]:
    """Stacked bars: the frame's index gives the bars' starts (UTC), its columns the types or groups."""
    colours = [_COLOUR_OF_TYPE.get(name) or colour_of_group(name) for name in frame.columns]
    counts = {name: frame[name].tolist() for name in frame.columns}
    return _stacked([stamp(start) for start in frame.index], counts, colours)


def causes_over_time(starts: Sequence[datetime], counts: Mapping[str, list[int]]) -> dict[str, Any]:
    """Stacked bars that begin at ``starts`` (UTC): a count for each, by cause, the most frequent cause first.

    Of more causes than there are RANKS, the last ones have the colour of the rest. No legend is needed below it: the
    page lists the causes with their colours.
    """
    colours = [colour_of_rank(rank) for rank in range(len(counts))]
    return _stacked([stamp(start) for start in starts], counts, colours, bottom=8)


def colour_of_rank(rank: int) -> str:
    """The colour of the ``rank``-th, from 0, of things that have no colour of their own."""
    return RANKS[rank] if rank < len(RANKS) else REST


def _stacked(
    starts: list[str], counts: Mapping[str, list[int]], colours: list[str], bottom: int = 36
) -> dict[str, Any]:
    return {
        "animation": False,
        "aria": {"enabled": True},
        "grid": {"left": 4, "right": 8, "top": 12, "bottom": bottom, "outerBoundsMode": "same"},
        "legend": {"type": "scroll", "bottom": 0, "left": 0, "itemWidth": 10, "itemHeight": 10, "icon": "roundRect"},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "confine": True},
        "xAxis": {
            "type": "category",
            "data": starts,
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
                "itemStyle": {"color": colour},
                "emphasis": {"disabled": True},
                "data": heights,
            }
            for (name, heights), colour in zip(counts.items(), colours, strict=True)
        ],
    }


def stamp(moment: datetime) -> str:
    """A moment in UTC, to the minute: ``2024-01-31T05:00Z``."""
    return moment.isoformat(timespec="minutes").replace("+00:00", "Z")
