"""ECharts options made from data frames, and the colours of types and groups."""

from interactions.console.charts.broken_down import broken_down
from interactions.console.charts.change import FigureChange
from interactions.console.charts.colours import (
    BACKGROUNDS,
    PALETTE,
    RANKS,
    REST,
    colour_of,
    colour_of_group,
    colour_of_rank,
    colour_of_type,
)
from interactions.console.charts.over_time import (
    ASSISTED,
    assisted_over_time,
    causes_over_time,
    over_time,
    stamp,
)
from interactions.console.charts.panels import ranking, rhythm
from interactions.console.charts.spark import columns, spark

__all__ = [
    "ASSISTED",
    "BACKGROUNDS",
    "PALETTE",
    "RANKS",
    "REST",
    "FigureChange",
    "assisted_over_time",
    "broken_down",
    "causes_over_time",
    "colour_of",
    "colour_of_group",
    "colour_of_rank",
    "colour_of_type",
    "columns",
    "over_time",
    "ranking",
    "rhythm",
    "spark",
    "stamp",
]
