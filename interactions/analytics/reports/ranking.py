"""Rank groups: the largest ones, and one row for all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of records. ``names`` are columns of texts, and ``codes`` the position of each group in them.

    ``sums`` are numbers per group. Groups are ranked by the first, then by the others, then by name.
    """

    names: Mapping[str, pa.ChunkedArray]
    codes: np.ndarray
    sums: Mapping[str, np.ndarray]


Columns: TypeAlias = dict[str, Any]


def ranked(groups: Groups, limit: int, derived: Callable[[Columns, Groups], Columns]) -> pd.DataFrame:
    """The ``limit`` largest groups, largest first, and if there are more, a last row with the sums of the others.

    Columns are what ``derived`` makes of the names (None in the last row), the sums, and ``is_other``.
    ``attrs["size"]`` is the number of groups.
    """
    chosen = largest(groups, limit)
    rest = np.ones(len(groups.codes), bool)
    rest[chosen] = False
    others = 1 if rest.any() else 0
    columns: Columns = {}
    for name, texts in groups.names.items():
        found = texts.take(pa.array(groups.codes[chosen])).to_pylist()
        columns[name] = pd.Series([*found, *[None] * others], dtype="object")
    for name, sums in groups.sums.items():
        columns[name] = np.concatenate((sums[chosen], [sums[rest].sum()] * others)).astype(sums.dtype)
    columns["is_other"] = np.arange(len(chosen) + others) >= len(chosen)
    frame = pd.DataFrame(derived(columns, groups))  # changing a frame later takes as long as all the rest
    frame.attrs["size"] = len(groups.codes)
    return frame


def largest(groups: Groups, limit: int) -> np.ndarray:
    """The indexes of the largest groups, in order. Names are compared only if needed."""
    among = _candidates(groups, limit)
    columns = {name: sums[among] for name, sums in groups.sums.items()}
    table = pa.table(
        {**columns, **{name: texts.take(pa.array(groups.codes[among])) for name, texts in groups.names.items()}}
    )
    keys = [*((name, "descending") for name in groups.sums), *((name, "ascending") for name in groups.names)]
    order: np.ndarray = pc.sort_indices(table, keys).to_numpy()
    found: np.ndarray = among[order[:limit]]
    return found


def _candidates(groups: Groups, limit: int) -> np.ndarray:
    """The indexes of the largest ``limit`` groups by their sums, including ties with the last."""
    surely, open_ones = [np.zeros(0, np.int64)], np.arange(len(groups.codes))
    for sums in groups.sums.values():
        wanted = limit - sum(map(len, surely))
        if wanted <= 0 or len(open_ones) <= wanted:
            break
        numbers = sums[open_ones]
        least = np.partition(numbers, len(numbers) - wanted)[len(numbers) - wanted]
        surely.append(open_ones[numbers > least])
        open_ones = open_ones[numbers == least]
    return np.concatenate([*surely, open_ones])
