"""How many different products are named in each bar, of several pieces: a pass over their rows, in compiled loops."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.queries import product_loops
from interactions.queries.named import Named

_AT_ONCE: Final = 1 << 16  # rows that are put together at once, where a bar has no more: half a MB


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some spans of ``named`` that follow each other, from ``begin`` on, and the bar of each, ascending.

    ``meanings`` has a number for each of its products, as :func:`numbered` gives them.
    """

    named: Named
    meanings: np.ndarray
    begin: int
    bars: np.ndarray


def numbered(products: Sequence[pa.Array]) -> tuple[pa.Array, list[np.ndarray]]:
    """Every product once, and for each of several lists, of which there is one at least, where there its products are.

    In a list each product is there once.
    """
    columns = pa.chunked_array(
        [pa.DictionaryArray.from_arrays(np.arange(len(each), dtype=np.int32), each) for each in products]
    ).unify_dictionaries()
    return columns.chunk(0).dictionary, [chunk.indices.to_numpy() for chunk in columns.chunks]


def counted(pieces: Sequence[Piece], several: int, bars: int) -> np.ndarray:
    """How many of ``several`` products have a record in each of so many ``bars``, all pieces taken together."""
    sizes = np.zeros(bars, np.int64)
    for piece in pieces:
        np.add.at(sizes, piece.bars, np.diff(_starts(piece)))
    groups = list(_groups(sizes))
    counts = np.zeros(bars, np.int64)

    def work(those: Sequence[tuple[int, int]]) -> None:
        last, sums = np.full(several, -1, np.int32), np.empty(several, np.int64)
        most = max(int(sizes[first:end].sum()) for first, end in those)
        products, records = np.empty(most, np.int32), np.empty(most, np.int32)
        for first, end in those:
            bounds = np.concatenate(([0], np.cumsum(sizes[first:end])))
            _gather(pieces, first, end, bounds[:-1].copy(), products, records)
            product_loops.count(bounds, first, products, records, last, sums, counts)

    cores = min(len(os.sched_getaffinity(0)), len(groups))
    if cores:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(work, [groups[core::cores] for core in range(cores)]))
    return counts


def _gather(
    pieces: Sequence[Piece], first: int, end: int, ends: np.ndarray, products: np.ndarray, records: np.ndarray
) -> None:
    """Put the rows of the bars from ``first`` to before ``end`` together, bar by bar."""
    for piece in pieces:
        begin, stop = np.searchsorted(piece.bars, (first, end)).tolist()
        if begin < stop:
            product_loops.gather(
                *(piece.bars[begin:stop], first, _starts(piece)[begin : stop + 1]),
                *(piece.named.codes, piece.named.amounts, piece.meanings, ends, products, records),
            )


def _starts(piece: Piece) -> np.ndarray:
    starts: np.ndarray = piece.named.starts[piece.begin : piece.begin + len(piece.bars) + 1]
    return starts


def _groups(sizes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Bars that follow each other, those without a row left out where that ends a group: of few rows, or one alone."""
    before = np.concatenate(([0], np.cumsum(sizes)))
    edges = [0]
    for bar in range(1, len(sizes) + 1):
        if before[bar] - before[edges[-1]] > _AT_ONCE and bar - 1 > edges[-1]:
            edges.append(bar - 1)
    for first, end in pairwise([*edges, len(sizes)]):
        if before[end] > before[first]:
            yield first, end
