"""Events, conversions and revenue by the values of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interactions.analytics.definitions import CONVERSIONS
from interactions.analytics.index.figures.types import KINDS, marked
from interactions.analytics.index.look import Look, Share, summed
from interactions.analytics.index.passes import values


@dataclass(frozen=True, slots=True, eq=False)
class Revenue:
    """The revenue of checkouts by kind (KINDS), by the codes of four columns (the first row for no value), and by
    product."""

    kinds: np.ndarray
    agents: np.ndarray
    regions: np.ndarray
    campaigns: np.ndarray
    pages: np.ndarray
    products: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        return self.kinds, self.agents, self.regions, self.campaigns, self.pages, self.products


def revenue_of(look: Look) -> Revenue:
    return look.once("revenue", lambda: _revenue(look))


def _revenue(look: Look) -> Revenue:
    texts = look.index.texts
    coded = (texts.agent, texts.region, texts.campaign, texts.page)
    sizes = (KINDS, *(len(column) + 1 for column in coded), len(texts.product))

    def walk(found: Revenue, share: Share) -> None:
        run = share.run
        values.add_revenue(
            *(*share.whole, *share.sales, run.sale_event, run.sale_revenue),
            *(run.sale_starts, run.line_product, run.line_revenue),
            *(run.kind, run.agent, run.region, run.campaign, run.page, *found.arrays),
        )

    found = look.over(lambda: Revenue(*(np.zeros(size) for size in sizes)), walk)
    return Revenue(*(summed(arrays) for arrays in zip(*(each.arrays for each in found), strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class ValueCounts:
    """Events and conversions by the codes of four columns: int64[codes + 1, 2], the first row for no value."""

    agents: np.ndarray
    regions: np.ndarray
    campaigns: np.ndarray
    pages: np.ndarray


def values_of(look: Look) -> ValueCounts:
    return look.once("values", lambda: _values(look))


def _values(look: Look) -> ValueCounts:
    texts, wins = look.index.texts, marked(CONVERSIONS)
    sizes = [len(column) + 1 for column in (texts.agent, texts.region, texts.campaign, texts.page)]

    def walk(found: list[np.ndarray], share: Share) -> None:
        run = share.run
        values.count_values(*share.people, run.kind, wins, run.agent, run.region, run.campaign, run.page, *found)

    found = look.over(lambda: [np.zeros((size, 2), np.int64) for size in sizes], walk)
    return ValueCounts(*(summed(arrays) for arrays in zip(*found, strict=True)))


def categories_of(look: Look) -> np.ndarray:
    """The number of events per category code, int64[categories]."""
    return look.once("categories", lambda: _categories(look))


def _categories(look: Look) -> np.ndarray:
    def walk(found: np.ndarray, share: Share) -> None:
        values.count_categories(*share.people, share.run.category_starts, share.run.categories, found)

    return summed(look.over(lambda: np.zeros(len(look.index.texts.category), np.int64), walk))
