"""Who comes back, by when they first came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interactions.analytics.index.figures.types import numbered
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import retention
from interactions.analytics.index.shares import Share


def returned(filtered: FilteredIndex, edges: np.ndarray, first: Sequence[str], returning: Sequence[str]) -> np.ndarray:
    """People by the bar of their first event, and those who came back so many bars later: int64[bars, bars + 1].

    Column 0 has the people of each bar, column ``n + 1`` those with an event of a type ``returning`` ``n`` bars later.
    ``edges`` (µs) are where bars begin, and where the last one ends; there is one bar at least.
    """
    roles = numbered({name: (name in first) + 2 * (name in returning) for name in {*first, *returning}}, 0, np.uint8)

    def walk(found: np.ndarray, share: Share) -> None:
        if not share.run.nobody:
            retention.return_to(*share.whole, share.run.at, share.run.kind, roles, edges, found)

    bars = len(edges) - 1
    return summed(filtered.over(lambda: np.zeros((bars, bars + 1), np.int64), walk))
