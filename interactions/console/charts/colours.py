"""The colours of types and groups, the same in every chart.

Text, line and background colours depend on the theme and are set in the browser (static/js/chart.js).
"""

from __future__ import annotations

from typing import Final

from interactions.contract.schema import TYPES_BY_GROUP, Group

# One hue per group and one shade per type, in the order of TYPES_BY_GROUP. The first shade is the group's own: it has a
# contrast of 3:1 on both the light and the dark card, and can be told from the other six by people with colour
# blindness. The tests measure both.
PALETTE: Final[dict[Group, tuple[str, ...]]] = {
    Group.CORE: ("#297cef", "#61a0fd", "#0455b7", "#a4c8fc"),
    Group.CONVERSION: ("#c54d05", "#e16831", "#a74004", "#f58a5e", "#feb497", "#8a3404"),
    Group.CONSUMPTION: ("#1c8859", "#4b9e73", "#097147", "#72b790", "#055b38", "#98d2b1"),
    Group.FEEDBACK: ("#d0417d", "#db5e8d", "#b72668", "#e6799f", "#9c0454", "#f293b3", "#feafc8"),
    Group.ADDITIONAL: ("#10a1b9", "#43d4f0", "#107586"),
    Group.PERFORMANCE: ("#c28814", "#f8b84e"),
    Group.CUSTOM: ("#727a86",),
}
# For things other than types: from the most to the least frequent, then one colour for the rest. These are the groups'
# hues, so they are as easy to tell apart.
RANKS: Final = ("#c54d05", "#297cef", "#d0417d", "#c28814", "#10a1b9", "#1c8859")
REST: Final = "#727a86"
BACKGROUNDS: Final = {"light": "#ffffff", "dark": "#131b29"}

_COLOUR_OF_TYPE: Final = {
    name: PALETTE[group][place] for group, types in TYPES_BY_GROUP.items() for place, name in enumerate(types)
}


def colour_of_type(name: str) -> str:
    """The colour of a type, as ``#rrggbb``. Raises KeyError for an unknown type."""
    return _COLOUR_OF_TYPE[name]


def colour_of_group(group: str) -> str:
    """The colour of a group, as ``#rrggbb``. Raises ValueError for an unknown group."""
    return PALETTE[Group(group)][0]


def colour_of_rank(rank: int) -> str:
    """The colour for position ``rank`` (from 0) in a ranking."""
    return RANKS[rank] if rank < len(RANKS) else REST


def colour_of(name: str) -> str:
    """The colour of a type or of a group."""
    return _COLOUR_OF_TYPE.get(name) or colour_of_group(name)
