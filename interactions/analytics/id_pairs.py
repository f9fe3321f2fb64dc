"""Find out quickly which anonymous ids belong to one user alone: hiding people waits for the answer.

The index has the pairs of ids in most parts; from the others two columns are read, without a query engine. Unlike in
``reports.links``, hidden people count, too: a device shared with one of them is shared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dojo.cores import cores
from interactions import process_caches
from interactions.analytics.index.provenance import opened
from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse import links
from interactions.warehouse.lake import Lake, local

_BOTH: Final = 3  # Pairs.has with a user and an anonymous id
_PAIR: Final = ["anonymous_key", "user_key"]
_SCHEMA: Final = pa.schema([TABLE_SCHEMA.field(name) for name in _PAIR])


@dataclass(frozen=True, slots=True, eq=False)
class SeenPairs:
    """Pairs of anonymous and user keys seen in one record, possibly with duplicates. Two int64 arrays."""

    anonymous: np.ndarray
    users: np.ndarray

    def seen(self, anonymous_keys: Collection[int]) -> set[int]:
        """The subset of these anonymous keys that were seen with any user."""
        wanted = np.unique(np.fromiter(anonymous_keys, np.int64))
        return set(np.unique(self.anonymous[_among(self.anonymous, wanted)]).tolist())

    def owned(self, user_keys: Collection[int]) -> set[int]:
        """The anonymous keys seen with one of these users and with no other."""
        # Whoever was never seen with one of them is left out first: few remain, so nothing has to be put in order.
        theirs = _among(self.users, np.unique(np.fromiter(user_keys, np.int64)))
        candidates = np.unique(self.anonymous[theirs])
        seen = _among(self.anonymous, candidates)
        distinct = np.unique(np.stack([self.anonymous[seen], self.users[seen]]), axis=1)
        keys, users = np.unique(distinct[0], return_counts=True)
        return set(keys[users == 1].tolist())


def pairs(environment: str, files: Sequence[Path] = (), more: Iterable[tuple[int, int]] = ()) -> SeenPairs:
    """The pairs in the data set of ``environment`` (a slug), in ``files`` with records not in it yet, and ``more``.

    ``more`` are pairs of an anonymous and a user key. Raises FileNotFoundError if a part no longer exists.
    """
    tables = _known(environment, files)
    of_links = links.pairs(environment)[:, ::-1].tolist()
    listed = np.array([*more, *of_links], np.int64).reshape(-1, 2)
    columns = ([table[name].to_numpy() for table in tables] for name in _PAIR)
    anonymous, users = (np.concatenate([*column, listed[:, at]]) for at, column in enumerate(columns))
    return SeenPairs(anonymous, users)


def _among(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which of ``values`` are in ``wanted`` (bool)."""
    found: np.ndarray = pc.is_in(pa.array(values), value_set=pa.array(wanted)).to_numpy(zero_copy_only=False)
    return found


def _in_index(environment: str) -> tuple[list[tuple[np.ndarray, np.ndarray]], frozenset[str]]:
    """The pairs of anonymous and user keys in the index, and the names of the parts that they were read from.

    Both are empty if people were hidden when the index was updated, because their pairs are missing.
    """
    index, provenance = opened(environment)
    if index is None or provenance is None or provenance.hidden:
        return [], frozenset()
    both = (index.pairs.has == _BOTH) & (index.pairs.records > 0)
    return [(index.pairs.visitor[both], index.pairs.user[both])], frozenset(provenance.parts)


def _known(environment: str, files: Sequence[Path]) -> list[pa.Table]:
    parts = {part.name: part for part in Lake(environment).parts()}
    known, covered = _in_index(environment)
    if not covered <= set(parts):  # records were removed since, and links perhaps with them
        known, covered = [], frozenset()
    tables = [pa.table(dict(zip(_PAIR, pairs, strict=True))) for pairs in known]
    left = local([part for name, part in parts.items() if name not in covered])
    with ThreadPoolExecutor(cores()) as threads:
        tables += threads.map(_distinct, [*left, *files])
    return tables


@lru_cache(maxsize=512)
def _distinct(path: Path) -> pa.Table:
    """The distinct pairs of a part, which are far fewer than its records. Cached, because parts never change."""
    table = _read(path)
    both = pc.and_(pc.is_valid(table["anonymous_key"]), pc.is_valid(table["user_key"]))
    return table.filter(both).group_by(_PAIR, use_threads=False).aggregate([])


def _read(path: Path) -> pa.Table:
    with pq.ParquetFile(path) as part:
        return part.read(columns=_PAIR, use_threads=False).select(_PAIR).cast(_SCHEMA)


process_caches.register("pairs of ids", _distinct.cache_clear, lambda: _distinct.cache_info().currsize)
