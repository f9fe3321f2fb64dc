"""What several questions of a page are answered from: each figure is one pass over a look, remembered by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

import numpy as np

from interactions.analytics.index.look import Look, Share
from interactions.analytics.index.passes import keys, values, visits
from interactions.contract.schema import TYPES
from interactions.queries.measures import CONVERSIONS
from interactions.queries.period import Unit

QUIET: Final = 30 * 60 * 1_000_000  # µs without a record, after which the next one begins a new session
KINDS: Final = 128
"""Of an event, its type and whether it is assisted."""
_TYPES: Final = 64
_NEVER: Final = np.iinfo(np.int64)
_ONE_BAR: Final = np.array([-(1 << 62), 1 << 62], np.int64)
_CELLS: Final = 1 << 28  # products times bars that are marked at once: 32 MB for each thread
_VIEW, _CART, _BUY = (TYPES.index(name) for name in ("product_detail_page_view", "add_to_cart", "checkout"))


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """``kinds`` int64[bars, KINDS] are events, ``sessions`` those that begin in each bar, ``people`` those in it.

    ``spans`` int64[2, 64] are the first and the last moment of each type; ``total`` is how many people there are.
    """

    kinds: np.ndarray
    sessions: np.ndarray
    people: np.ndarray
    spans: np.ndarray
    total: int

    @property
    def types(self) -> np.ndarray:
        """Events by bar and type, int64[bars, types]."""
        found: np.ndarray = self.kinds[:, :_TYPES] + self.kinds[:, _TYPES:]
        return found[:, : len(TYPES)]

    @property
    def assisted(self) -> np.ndarray:
        """As :attr:`types`, of those with a miso_id."""
        return self.kinds[:, _TYPES : _TYPES + len(TYPES)]


def visits_of(look: Look, unit: Unit | None = None, zone: tzinfo | None = None) -> Visits:
    """The visits by the bars of ``unit``; without one, by whatever bars are there, or a single one."""
    if unit is None or zone is None:
        found: Visits | None = look.any_of("visits")
        return found or look.once(("visits",), lambda: _visits(look, _ONE_BAR))
    return look.once(("visits", unit, zone), lambda: _visits(look, look.edges(unit, zone)))


def _visits(look: Look, edges: np.ndarray) -> Visits:
    bars = max(0, len(edges) - 1)

    def begin() -> list[np.ndarray]:
        spans = np.array([[_NEVER.max] * _TYPES, [_NEVER.min] * _TYPES])
        return [np.zeros((bars, KINDS), np.int64), *np.zeros((2, bars), np.int64), spans, np.zeros(1, np.int64)]

    def walk(found: list[np.ndarray], share: Share) -> None:
        run = share.run
        visits.visit(*share.people, run.at, run.kind, int(run.nobody), QUIET, edges, *found)

    found = look.over(begin, walk) if bars else [begin()]
    kinds, sessions, people, spans, total = zip(*found, strict=True)
    spans = np.array([np.min([each[0] for each in spans], axis=0), np.max([each[1] for each in spans], axis=0)])
    return Visits(
        summed(list(kinds)), summed(list(sessions)), summed(list(people)), spans, int(sum(each[0] for each in total))
    )


def revenue_of_bars(look: Look, unit: Unit, zone: tzinfo) -> np.ndarray:
    """The revenue of check-outs by bar, float64."""
    edges = look.edges(unit, zone)

    def walk(found: np.ndarray, share: Share) -> None:
        run = share.run
        values.add_revenue_by_bar(
            *(*share.people, *share.sales, run.sale_event, run.sale_revenue, run.at, edges, found)
        )

    bars = max(0, len(edges) - 1)
    return summed(look.over(lambda: np.zeros(bars), walk)) if bars else np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Revenue:
    """The revenue of check-outs: by kind (KINDS), by the codes of four columns, the first for no value, by product."""

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
            *(*share.people, *share.sales, run.sale_event, run.sale_revenue),
            *(run.sale_starts, run.line_product, run.line_revenue),
            *(run.kind, run.agent, run.region, run.campaign, run.page, *found.arrays),
        )

    found = look.over(lambda: Revenue(*(np.zeros(size) for size in sizes)), walk)
    return Revenue(*(summed(list(arrays)) for arrays in zip(*(each.arrays for each in found), strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Events and conversions by the codes of four columns: int64[codes + 1, 2], the first row for no value."""

    agents: np.ndarray
    regions: np.ndarray
    campaigns: np.ndarray
    pages: np.ndarray


def values_of(look: Look) -> Values:
    return look.once("values", lambda: _values(look))


def _values(look: Look) -> Values:
    texts, wins = look.index.texts, marked(CONVERSIONS)
    sizes = [len(column) + 1 for column in (texts.agent, texts.region, texts.campaign, texts.page)]

    def walk(found: list[np.ndarray], share: Share) -> None:
        run = share.run
        values.count_values(*share.people, run.kind, wins, run.agent, run.region, run.campaign, run.page, *found)

    found = look.over(lambda: [np.zeros((size, 2), np.int64) for size in sizes], walk)
    return Values(*(summed(list(arrays)) for arrays in zip(*found, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """``bars`` are how many different products each names, ``total`` is how many there are in all.

    ``counts`` int64[products, 4] are events that name each: in its last three columns those that view it, put it into a
    cart and buy it.
    """

    bars: np.ndarray
    total: int
    counts: np.ndarray


def products_of(look: Look, unit: Unit | None = None, zone: tzinfo | None = None) -> Products:
    """The products by the bars of ``unit``; without one, by whatever bars are there, or a single one."""
    if unit is None or zone is None:
        found: Products | None = look.any_of("products")
        return found or look.once(("products",), lambda: _products(look, _ONE_BAR, _TRADE))
    return look.once(("products", unit, zone), lambda: _products(look, look.edges(unit, zone), _TRADE))


def named_products(look: Look) -> np.ndarray:
    """How many events of any type name each product, int64[products]."""
    found: np.ndarray = look.once("named", lambda: _products(look, _ONE_BAR, _ANY).counts[:, 0])
    return found


def _slots(of_types: dict[int, int], other: int) -> np.ndarray:
    slots = np.full(_TYPES, other, np.int8)
    for place, slot in of_types.items():
        slots[place] = slot
    return slots


_TRADE: Final = _slots({_VIEW: 1, _CART: 2, _BUY: 3}, -1)
_ANY: Final = _slots({}, 0)
_NOT: Final = _slots({}, -1)


def _products(look: Look, edges: np.ndarray, slots: np.ndarray) -> Products:
    several, bars = len(look.index.texts.product), max(0, len(edges) - 1)
    words = several // 64 + 1
    counts, total = np.zeros((several, 4), np.int64), np.zeros(words, np.int64)
    found = [np.zeros(0, np.int64)]
    at_once = max(1, _CELLS // (64 * words))
    for first in range(0, bars, at_once):
        last = min(bars, first + at_once)
        seen, counted = _named(look, edges, (first, last, words), slots if first == 0 else _NOT)
        found.append(np.bitwise_count(seen.view(np.uint64)).sum(axis=1, dtype=np.int64))
        total |= np.bitwise_or.reduce(seen, axis=0)
        counts += counted
    return Products(np.concatenate(found), int(np.bitwise_count(total.view(np.uint64)).sum()), counts)


def _named(
    look: Look, edges: np.ndarray, rows: tuple[int, int, int], slots: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The marks of the products in bars from the first of ``rows`` to before the second, and the counts."""
    first, last, words = rows
    several = len(look.index.texts.product)

    def begin() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.zeros((last - first, words), np.int64), np.full(several, -1), np.zeros((several, 4), np.int64)

    def walk(found: tuple[np.ndarray, np.ndarray, np.ndarray], share: Share) -> None:
        run, (seen, stamps, counts) = share.run, found
        values.name_products(
            *(*share.people, run.at, run.kind, run.product_starts, run.products),
            *(edges, first, last, seen, slots, share.before, stamps, counts),
        )

    found = look.over(begin, walk)
    return np.bitwise_or.reduce([each[0] for each in found]), summed([each[2] for each in found])


def pair_records(look: Look) -> np.ndarray:
    """How many events bear each pair of ids, int64."""
    return look.once("pairs", lambda: _pair_records(look))


def _pair_records(look: Look) -> np.ndarray:
    if all(mask is None for mask in look.masks):
        return look.index.pairs.records

    def walk(found: np.ndarray, share: Share) -> None:
        keys.count_pairs(*share.people, share.run.pair, found)

    found = summed(look.over(lambda: np.zeros(len(look.index.pairs), np.int64), walk))
    found.setflags(write=False)  # as those of the index
    return found


def records_of_ids(look: Look, bit: int) -> np.ndarray:
    """How many events each user (``bit`` 1) or anonymous id (2) has, of those that have any; in any order."""
    return look.once(("ids", bit), lambda: _records_of_ids(look, bit))


def _records_of_ids(look: Look, bit: int) -> np.ndarray:
    pairs, records = look.index.pairs, pair_records(look)
    room = 1 << (2 * len(pairs)).bit_length()
    table, sums = np.zeros(room, np.int64), np.zeros(room, np.int64)
    keys.add_by_key(pairs.user if bit == 1 else pairs.visitor, pairs.has, bit, records, table, sums)
    found: np.ndarray = sums[sums > 0]
    return found


def summed(arrays: list[np.ndarray]) -> np.ndarray:
    """The sum of arrays of equal form, of which there is one at least, in the first of them."""
    first = arrays[0]
    for other in arrays[1:]:
        first += other
    return first


def marked(types: Iterable[str]) -> np.ndarray:
    """A table of types, uint8[64], in which these are 1."""
    table = np.zeros(_TYPES, np.uint8)
    table[[TYPES.index(name) for name in types]] = 1
    return table
