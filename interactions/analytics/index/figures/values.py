"""Events, conversions and revenue by the values of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interactions.analytics.definitions import CONVERSIONS
from interactions.analytics.index.figures.types import KINDS, marked
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import values
from interactions.analytics.index.shares import Share


@dataclass(frozen=True, slots=True, eq=False)
class ValueCounts:
    """Events and conversions by the codes of four columns: int64[codes + 1, 2], the first row for no value. The revenue
    of checkouts by kind (KINDS), by the same codes, and by product."""

    agents: np.ndarray
    regions: np.ndarray
    campaigns: np.ndarray
    pages: np.ndarray
    revenue_of_kinds: np.ndarray
    revenue_of_agents: np.ndarray
    revenue_of_regions: np.ndarray
    revenue_of_campaigns: np.ndarray
    revenue_of_pages: np.ndarray
    revenue_of_products: np.ndarray


def values_of(filtered: FilteredIndex) -> ValueCounts:
    return filtered.once("values", lambda: _values(filtered))


def _values(filtered: FilteredIndex) -> ValueCounts:
    texts, wins = filtered.index.texts, marked(CONVERSIONS)
    sizes = [len(column) + 1 for column in (texts.agent, texts.region, texts.campaign, texts.page)]

    def begin() -> list[np.ndarray]:
        counts = [np.zeros((size, 2), np.int64) for size in sizes]
        return [*counts, *(np.zeros(size) for size in (KINDS, *sizes, len(texts.product)))]

    def walk(found: list[np.ndarray], share: Share) -> None:
        run = share.run
        values.count_values(
            *(*share.people, share.first_sale, run.sale_event, run.sale_revenue),
            *(run.sale_starts, run.line_product, run.line_revenue),
            *(run.kind, wins, run.agent, run.region, run.campaign, run.page, *found),
        )

    return ValueCounts(*(summed(arrays) for arrays in zip(*filtered.over(begin, walk), strict=True)))


def categories_of(filtered: FilteredIndex) -> np.ndarray:
    """The number of events per category code, int64[categories]."""
    return filtered.once("categories", lambda: _categories(filtered))


def _categories(filtered: FilteredIndex) -> np.ndarray:
    def walk(found: np.ndarray, share: Share) -> None:
        values.count_categories(*share.people, share.run.category_starts, share.run.categories, found)

    return summed(filtered.over(lambda: np.zeros(len(filtered.index.texts.category), np.int64), walk))
