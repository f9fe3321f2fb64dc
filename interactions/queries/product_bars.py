"""How many different products are named in each bar, of several pieces: passes over their rows, in compiled loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from dojo.cores import cores
from interactions.queries import product_loops
from interactions.queries.kinds import QUARTER_US
from interactions.queries.named import WIDTH, Named

_AT_ONCE: Final = 1 << 18  # rows that are put together at once, where one piece has no more in a bar: 2 MB


def numbered(products: Sequence[pa.Array]) -> tuple[pa.Array, list[np.ndarray]]:
    """Every product once, and for each of several lists, of which there is one at least, where there its products are.

    In a list each product is there once.
    """
    columns = pa.chunked_array(
        [pa.DictionaryArray.from_arrays(np.arange(len(each), dtype=np.int32), each) for each in products]
    ).unify_dictionaries()
    return columns.chunk(0).dictionary, [chunk.indices.to_numpy() for chunk in columns.chunks]


class Piece:
    """What ``named`` says from ``since`` to before ``until``, where quarters begin, by bars with these ``starts``.

    ``meanings`` are the numbers of its products (:func:`numbered`). All moments are µs since 1970.
    """

    def __init__(self, named: Named, meanings: np.ndarray, starts: np.ndarray, since: int, until: int) -> None:
        self._named, self._meanings = named, meanings
        begins, ends = bars_of(named.first, starts), bars_of(named.last, starts)
        is_asked = (named.last >= since) & (named.first < until)
        is_whole = (begins == ends) & (named.first >= since) & (named.last < until)
        self._spans = np.flatnonzero(is_asked & is_whole)
        self._bars = begins[self._spans]
        # Of a span in several bars, or in the period only for a part of it, each quarter has its own.
        self._cut = np.flatnonzero(is_asked & ~is_whole)
        self._begins, self._ends = begins[self._cut], np.maximum.accumulate(ends[self._cut])
        quarters = named.first[self._cut, None] + np.arange(WIDTH) * QUARTER_US
        is_asked = (quarters >= since) & (quarters < until)
        self._cut_bars = np.where(is_asked, bars_of(quarters, starts), -1).astype(np.int32)

    def sizes(self, bars: int) -> np.ndarray:
        """How many rows there are for each bar, at most."""
        named, found = self._named, np.zeros(bars, np.int64)
        np.add.at(found, self._bars, np.diff(named.starts)[self._spans])
        if len(self._cut):
            product_loops.measure_quarters(self._cut, self._cut_bars, named.quarter_starts, named.quarters, found)
        return found

    def gather(self, first: int, ends: np.ndarray, products: np.ndarray, records: np.ndarray) -> None:
        """Add the rows of the bars from ``first`` on, as many as there are ``ends``."""
        named, end = self._named, first + len(ends)
        begin, stop = np.searchsorted(self._bars, (first, end)).tolist()
        if begin < stop:
            product_loops.gather(
                *(self._spans[begin:stop], self._bars[begin:stop], named.starts, named.codes, named.amounts),
                *(self._meanings, first, ends, products, records),
            )
        begin = int(np.searchsorted(self._ends, first))
        stop = int(np.searchsorted(self._begins, end))
        if begin < stop:
            product_loops.gather_quarters(
                *(self._cut[begin:stop], self._cut_bars[begin:stop], named.starts, named.codes, named.amounts),
                *(named.quarter_starts, named.quarters, self._meanings, first, ends, products, records),
            )


def counted(pieces: Sequence[Piece], several: int, bars: int) -> np.ndarray:
    """How many of ``several`` products have a record in each of so many ``bars``, all pieces taken together."""
    sizes = np.array([piece.sizes(bars) for piece in pieces]).reshape(-1, bars)
    of_all = sizes.sum(axis=0)
    groups = list(_groups(of_all))
    counts = np.zeros(bars, np.int64)

    def work(those: Sequence[tuple[int, int]]) -> None:
        last, sums = np.full(several, -1, np.int32), np.empty(several, np.int64)
        most = max(int(sizes[:, first].max() if first + 1 == end else of_all[first:end].sum()) for first, end in those)
        products, records = np.empty(most, np.int32), np.empty(most, np.int32)
        for first, end in those:
            begins = np.cumsum(of_all[first:end]) - of_all[first:end]
            # A bar alone may have any number of rows: it is counted piece by piece.
            for some in [[piece] for piece in pieces] if first + 1 == end else [pieces]:
                ends = begins.copy()
                for piece in some:
                    piece.gather(first, ends, products, records)
                product_loops.count(begins, ends, first, products, records, last, sums, counts)

    hands = min(cores(), len(groups))
    if hands:
        with ThreadPoolExecutor(hands) as pool:
            list(pool.map(work, [groups[hand::hands] for hand in range(hands)]))
    return counts


def bars_of(moments: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The number of each one's bar."""
    return np.maximum(np.searchsorted(starts, moments, side="right") - 1, 0)


def _groups(sizes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Bars that follow each other, from the first to before the last: of few rows in all, or one alone."""
    before = np.concatenate(([0], np.cumsum(sizes)))
    edges = [0]
    for bar in range(1, len(sizes)):
        if before[bar + 1] - before[edges[-1]] > _AT_ONCE:
            edges.append(bar)
    for first, end in pairwise([*edges, len(sizes)]):
        if before[end] > before[first]:
            yield first, end
