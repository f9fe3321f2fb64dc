"""Paths as a diagram: a Sankey, drawn by the server, whose nodes are links.

Widths are shares of the page's; heights are pixels. So texts keep their size on any screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from interactions.analytics.reports.paths import END, OTHER, Paths
from interactions.analytics.step_fields import StepField, SteppedField
from interactions.console.charts import REST, colour_of_rank, colour_of_type

_FLOW_HEIGHT: Final = 260.0  # of all paths together
_LINE: Final = 22.0  # a node's text and its gap
_GAP: Final = 8.0
_WIDTH: Final = 1000.0  # units across
_NODE_WIDTH: Final = 8.0
OTHERS: Final = "Other"


@dataclass(frozen=True, slots=True)
class PathNode:
    """A value of a step, its ``words`` for display, how many paths have it there, and where it's drawn. ``x`` is in
    percent."""

    step: int
    place: int
    name: str
    words: str
    paths: int
    share: float
    colour: str
    x: float
    y: float
    height: float

    @property
    def is_value(self) -> bool:
        """Whether it's one value: neither the others nor the end."""
        return self.place < OTHER

    @property
    def is_end(self) -> bool:
        return self.place == END

    @property
    def middle(self) -> float:
        """Where its text is."""
        return round(self.y + self.height / 2, 2)

    @property
    def through(self) -> str:
        """The query parameter that narrows paths to those through it."""
        return f"{self.step}:{self.name}"


@dataclass(frozen=True, slots=True)
class PathFlow:
    """The paths from one node to one of the next column, their share of those of the node that is nearer to the start,
    and the outline that draws them."""

    source: PathNode
    target: PathNode
    paths: int
    share: float
    outline: str


@dataclass(frozen=True, slots=True)
class PathDiagram:
    """The columns from left to right, in the order of time, and the flows between them."""

    columns: list[list[PathNode]]
    flows: list[PathFlow]
    height: int

    @property
    def nodes(self) -> list[PathNode]:
        return [node for column in self.columns for node in column]


def diagram_of(found: Paths, field: SteppedField, words: Mapping[str, str], *, is_before: bool) -> PathDiagram:
    """Draw the paths, some values in other ``words``. ``is_before``: they lead to the start, the last column then."""
    counts, total = found.counts, found.total
    steps = range(len(found.nodes))
    order = steps[::-1] if is_before else steps
    ends = "(begin)" if is_before else "(end)"
    columns: dict[int, dict[int, PathNode]] = {}
    for at, step in enumerate(order):
        look = (at * 100.0 / len(steps), field, ends, words)
        columns[step] = _column(_newly(counts, step), found, step, look, total)
    flows = _flows(counts, columns, is_before=is_before)
    nodes = [node for column in columns.values() for node in column.values()]
    bottom = max((node.y + max(node.height, _LINE) for node in nodes), default=0)
    return PathDiagram([list(columns[step].values()) for step in order], flows, round(bottom + _GAP))


def _newly(counts: pd.DataFrame, step: int) -> pd.DataFrame:
    """Without paths that had ended before the step: an end is drawn once."""
    return counts[counts[step - 1] != END] if step else counts


def _column(
    counts: pd.DataFrame, found: Paths, step: int, look: tuple[float, SteppedField, str, Mapping[str, str]], total: int
) -> dict[int, PathNode]:
    x, field, ends, words = look
    paths = counts.groupby(step)["paths"].sum()
    names = [*found.nodes[step], *[OTHERS] * (OTHER - len(found.nodes[step])), OTHERS, ends]
    nodes, y = {}, _GAP
    for place in sorted(paths.index.tolist()):
        several = int(paths[place])
        height = max(2.0, round(several / total * _FLOW_HEIGHT, 2))
        colour = _colour(field, names[place], place)
        name, share = names[place], several / total
        said = words.get(name, name) if place < OTHER else name
        nodes[place] = PathNode(step, place, name, said, several, share, colour, round(x, 3), y, height)
        y = round(y + max(height + _GAP, _LINE), 2)
    return nodes


def _colour(field: SteppedField, name: str, place: int) -> str:
    if place >= OTHER:
        return REST
    return colour_of_type(name) if field == StepField.TYPE else colour_of_rank(place)


def _flows(counts: pd.DataFrame, columns: dict[int, dict[int, PathNode]], *, is_before: bool) -> list[PathFlow]:
    found = []
    tops: dict[tuple[int, bool], dict[int, float]] = {}
    for step in range(len(columns) - 1):
        near, far = (step + 1, step) if is_before else (step, step + 1)
        living = _newly(counts, step + 1)
        sums = living.groupby([near, far])["paths"].sum()
        for (one, other), paths in sorted(sums.items()):
            source, target = columns[near][one], columns[far][other]
            height = paths / _of(columns) * _FLOW_HEIGHT
            start = tops.setdefault((near, True), {}).setdefault(one, source.y)
            end = tops.setdefault((far, False), {}).setdefault(other, target.y)
            tops[near, True][one], tops[far, False][other] = start + height, end + height
            share = paths / (target if is_before else source).paths
            found.append(PathFlow(source, target, int(paths), share, _outline(source, target, start, end, height)))
    return found


def _of(columns: dict[int, dict[int, PathNode]]) -> int:
    return sum(node.paths for node in columns[0].values())


def _outline(source: PathNode, target: PathNode, start: float, end: float, height: float) -> str:
    left, right = source.x * _WIDTH / 100 + _NODE_WIDTH, target.x * _WIDTH / 100
    there = f"C{_curve(left, start, right, end)}"
    back = f"C{_curve(right, end + height, left, start + height)}"
    return f"M{left:.1f} {start:.1f}{there}V{end + height:.1f}{back}Z"


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def words_of(found: Paths, places: Sequence[int], words: Mapping[str, str], *, is_before: bool) -> list[str]:
    """The steps of one path in the order of time, for display; without its end."""
    names = [
        OTHERS if place == OTHER else found.nodes[step][place] for step, place in enumerate(places) if place != END
    ]
    said = [words.get(name, name) for name in names]
    return said[::-1] if is_before else said
