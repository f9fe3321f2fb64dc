"""Small SVG drawings without axes: the line in a tile and the columns on the overview."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Final

from interactions.contract.moments import local

if TYPE_CHECKING:
    import pandas as pd

WIDTH: Final = 100
HEIGHT: Final = 24
_MOST_POINTS: Final = 60
_MARGIN: Final = 1.5  # so that the line isn't clipped at its highest point


def spark(values: Sequence[float]) -> str:
    """The SVG path of ``values`` in a box of WIDTH by HEIGHT, from zero up; empty for fewer than two values.

    If there are many values, neighbours are summed.
    """
    if len(values) < 2:
        return ""
    step = -(-len(values) // _MOST_POINTS)
    whole = len(values) // step * step  # a partial last group would look like a fall
    sums = [sum(values[at : at + step]) for at in range(0, whole, step)]
    most = max(sums)
    if len(sums) < 2 or most <= 0:
        return ""
    room = HEIGHT - 2 * _MARGIN
    points = (
        f"{at * WIDTH / (len(sums) - 1):.1f} {HEIGHT - _MARGIN - room * max(0, height) / most:.1f}"
        for at, height in enumerate(sums)
    )
    return "M" + "L".join(points)


def columns(frame: pd.DataFrame, zone: tzinfo) -> list[dict[str, Any]]:
    """A small stacked column per row of ``frame``, for an SVG with a height of 100.

    Each has ``day`` (its start in ``zone``), ``counts`` by column, ``x``, ``width`` and ``pieces`` of (column, y,
    height).
    """
    most = max(1, int(frame.sum(axis=1).max())) if len(frame) else 1
    step = 100 / max(1, len(frame))
    found = []
    for place, (start, counts) in enumerate(frame.iterrows()):
        pieces, top = [], 100.0
        for name, count in counts.items():
            height = 100 * int(count) / most
            top -= height
            if count:
                pieces.append((str(name), round(top, 2), round(height, 2)))
        found.append(
            {
                "day": local(start, zone),
                "counts": {str(name): int(count) for name, count in counts.items()},
                "x": round(place * step, 3),
                "width": round(step * 0.78, 3),
                "pieces": pieces,
            }
        )
    return found
