"""Which anonymous ids are certainly somebody's, asked in a hurry: whoever is to be hidden waits for it.

Summaries know the pairs of most parts; the others are read, two columns of them. No engine takes part. Other than in
``identity`` people count whether they are hidden or not: a device that was shared with one of them is shared.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.codec.columns import TABLE_SCHEMA
from interactions.lake import Lake
from interactions.queries.covering import name_of
from interactions.queries.kinds import LINKS
from interactions.queries.segments import Store

_PAIR: Final = ["anonymous_key", "user_key"]
_SCHEMA: Final = pa.schema([TABLE_SCHEMA.field(name) for name in _PAIR])


def owned(
    environment: str,
    user_keys: Collection[int],
    files: Sequence[Path] = (),
    pairs: Iterable[tuple[int, int]] = (),
) -> set[int]:
    """The anonymous keys that were seen with one of these users and with nobody else.

    They are looked for in the data set of ``environment`` (a slug), in ``files`` with records that are not in it yet,
    and among ``pairs`` of an anonymous and a user key. Raises FileNotFoundError where a part has vanished.
    """
    listed = list(pairs)
    waiting = pa.table([pa.array([pair[at] for pair in listed], pa.int64()) for at in (0, 1)], schema=_SCHEMA)
    found = pa.concat_tables([*_known(environment, files), waiting])
    distinct = found.group_by(_PAIR).aggregate([])
    users = distinct.group_by("anonymous_key").aggregate([("user_key", "count"), ("user_key", "min")])
    alone = users.filter(pc.equal(users["user_key_count"], 1))
    theirs = np.isin(alone["user_key_min"].to_numpy(), np.fromiter(user_keys, np.int64))
    return set(alone["anonymous_key"].to_numpy()[theirs].tolist())


def _known(environment: str, files: Sequence[Path]) -> list[pa.Table]:
    parts = {name_of(part): part.path for part in Lake(environment).parts()}
    tables, covered = [], set[str]()
    for segment in Store(environment).covering(parts):
        try:
            tables.append(_read(segment.file(LINKS.name)))
        except FileNotFoundError:  # taken away meanwhile: its parts are read
            continue
        covered |= segment.parts
    left = [path for name, path in parts.items() if name not in covered]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        tables += threads.map(_read, [*left, *files])
    return tables


def _read(path: Path) -> pa.Table:
    """The distinct pairs that stand in one record."""
    with pq.ParquetFile(path) as part:
        table = part.read(columns=_PAIR, use_threads=False).select(_PAIR)
    both = pc.and_(pc.is_valid(table["anonymous_key"]), pc.is_valid(table["user_key"]))
    return table.filter(both).cast(_SCHEMA).group_by(_PAIR, use_threads=False).aggregate([])
