"""Events picked out of others, in any order, and events one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from interactions.analytics.index.run import Events

BY_EVENT: Final = (
    *("at", "received", "kind", "source", "pair", "agent", "region", "locale", "campaign", "page", "keywords"),
    "result",
)
"""The columns of Events that have a value for each."""


def starts_of(lengths: np.ndarray) -> np.ndarray:
    """Where each list begins, and at last where all end (int64[n + 1])."""
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))).astype(np.int64)


def ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The places ``starts[k], starts[k] + 1, …``, ``lengths[k]`` of them, one after the other for each k (int64)."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()), dtype=np.int64)


def take(events: Events, places: np.ndarray) -> Events:
    """The events at ``places`` (int64), in their order; none may stand there twice."""
    sale, sale_event = _sales_at(events, places)
    return Events(
        **{name: getattr(events, name)[places] for name in BY_EVENT},
        **_lists(events.product_starts, places, ("product_starts", ("products", events.products))),
        **_lists(events.category_starts, places, ("category_starts", ("categories", events.categories))),
        sale_event=sale_event,
        sale_revenue=events.sale_revenue[sale],
        **_lists(
            events.sale_starts,
            sale,
            ("sale_starts", ("line_product", events.line_product), ("line_revenue", events.line_revenue)),
        ),
    )


def concat(pieces: Sequence[Events]) -> Events:
    """The events of all ``pieces``, which are at least one, one after the other."""
    begins = np.cumsum([0, *(len(piece) for piece in pieces)])
    starts = {
        name: starts_of(np.concatenate([np.diff(getattr(piece, name)) for piece in pieces]))
        for name in ("product_starts", "category_starts", "sale_starts")
    }
    flat = ("products", "categories", "sale_revenue", "line_product", "line_revenue")
    return Events(
        **{name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in (*BY_EVENT, *flat)},
        **starts,
        sale_event=np.concatenate([piece.sale_event + begin for piece, begin in zip(pieces, begins, strict=False)]),
    )


def _sales_at(events: Events, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which sales the events at ``places`` are, and which of these events."""
    if not len(events.sale_event):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    sale = np.searchsorted(events.sale_event, places)
    found = events.sale_event[np.minimum(sale, len(events.sale_event) - 1)] == places
    return sale[found], np.flatnonzero(found)


def _lists(starts: np.ndarray, places: np.ndarray, names: tuple) -> dict[str, np.ndarray]:
    lengths = starts[places + 1] - starts[places]
    elements = ranges(starts[places], lengths)
    return {names[0]: starts_of(lengths), **{name: values[elements] for name, values in names[1:]}}
