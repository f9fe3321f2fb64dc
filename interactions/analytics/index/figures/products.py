"""Distinct products by bar, and how often each is named, viewed, added to a cart and bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

import numpy as np

from interactions.analytics.definitions import BUY, CART, VIEW
from interactions.analytics.index.figures.types import numbered
from interactions.analytics.index.figures.visits import ONE_BAR
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import values
from interactions.analytics.index.shares import Share
from interactions.analytics.periods import Unit

_CELLS: Final = 1 << 28  # products × bars marked at once: 32 MB per thread


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """``bars`` has the number of distinct products per bar, ``total`` the number of all.

    ``counts`` (int64[products, 4]) are events that name each product; its last three columns are views, additions to a
    cart and purchases.
    """

    bars: np.ndarray
    total: int
    counts: np.ndarray


def products_of(filtered: FilteredIndex, unit: Unit | None = None, zone: tzinfo | None = None) -> Products:
    """The products by bars of ``unit``; without a unit, by any bars that are already cached, or a single bar."""
    if unit is None or zone is None:
        found: Products | None = filtered.any_of("products")
        return found or filtered.once(("products",), lambda: _products(filtered, ONE_BAR, _TRADE))
    return filtered.once(("products", unit, zone), lambda: _products(filtered, filtered.edges(unit, zone), _TRADE))


def named_products(filtered: FilteredIndex) -> np.ndarray:
    """The number of events of any type per product, int64[products]."""
    found: np.ndarray = filtered.once("named", lambda: _products(filtered, ONE_BAR, _ANY).counts[:, 1])
    return found


_TRADE: Final = numbered({VIEW: 1, CART: 2, BUY: 3}, 0, np.uint8)
_ANY: Final = numbered({}, 1, np.uint8)
_NONE: Final = numbered({}, 0, np.uint8)


def _products(filtered: FilteredIndex, edges: np.ndarray, slots: np.ndarray) -> Products:
    several, bars = len(filtered.index.texts.product), max(0, len(edges) - 1)
    words = several // 64 + 1
    counts, total = np.zeros((several, 4), np.int64), np.zeros(words, np.int64)
    found = [np.zeros(0, np.int64)]
    at_once = max(1, _CELLS // (64 * words))
    for first in range(0, bars, at_once):
        last = min(bars, first + at_once)
        seen, counted = _named(filtered, edges, (first, last, words), slots if first == 0 else _NONE)
        found.append(np.bitwise_count(seen.view(np.uint64)).sum(axis=1, dtype=np.int64))
        total |= np.bitwise_or.reduce(seen, axis=0)
        counts += counted
    return Products(np.concatenate(found), int(np.bitwise_count(total.view(np.uint64)).sum()), counts)


def _named(
    filtered: FilteredIndex, edges: np.ndarray, rows: tuple[int, int, int], slots: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The bit sets of products for the bars from ``rows[0]`` to before ``rows[1]``, and the counts."""
    first, last, words = rows
    several = len(filtered.index.texts.product)

    def begin() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.zeros((last - first) * words, np.int64), np.full(several, -1), np.zeros((several, 4), np.int32)

    def walk(found: tuple[np.ndarray, np.ndarray, np.ndarray], share: Share) -> None:
        run, (seen, stamps, counts) = share.run, found
        values.name_products(
            *(*share.people, run.at, run.kind, run.product_starts, run.products),
            *(edges, first, last, words, seen, slots, share.before, stamps, counts),
        )

    found = filtered.over(begin, walk)
    seen = np.bitwise_or.reduce([each[0] for each in found])
    return seen.reshape(-1, words), summed([each[2] for each in found])
