"""The small line in a tile: an SVG path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WIDTH: Final = 100
HEIGHT: Final = 24
_MOST_POINTS: Final = 60
_MARGIN: Final = 1.5  # so that the line is not cut where it is highest


def spark(values: Sequence[float]) -> str:
    """A line through ``values`` in a box of WIDTH by HEIGHT that starts at zero; empty for fewer than two values.

    Of many values, neighbours are drawn as one, their sum.
    """
    if len(values) < 2:
        return ""
    step = -(-len(values) // _MOST_POINTS)
    whole = len(values) // step * step  # a rest would look like a fall at the end
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
