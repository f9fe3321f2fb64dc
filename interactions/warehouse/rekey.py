"""Rehash the people in Parquet files: compute the columns of keyed hashes again from the ids.

Files with the right hashes are left alone, so it can be repeated after a process was killed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dojo.cores import cores
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.keyring import EarlierKeyring, Keyring
from interactions.files import draft, drafts
from interactions.warehouse.lake import Lake, Part
from interactions.warehouse.parts import PartWriter, Written

_ROWS: Final = 32_768  # in memory per thread
_GROUP_ROWS: Final = 4_000_000  # roughly per commit: committed work needn't be repeated
_GROUP_PARTS: Final = 64  # the same
KINDS: Final = ("user", "anonymous")

Tell: TypeAlias = Callable[[int, int], None]


T = TypeVar("T")


class Of(NamedTuple, Generic[T]):
    """A pair of values for users and anonymous ids."""

    users: T
    anonymous: T


Renamed: TypeAlias = Of[dict[int, int]]  # new hashes by earlier ones, of the wanted people that were found


def rekey(
    lake: Lake,
    keyring: Keyring,
    wanted: Of[np.ndarray],
    learn: Callable[[Renamed], object],
    tell: Tell = lambda done, total: None,
) -> None:
    """Rehash the people of a table with ``keyring``, some parts per commit; ``learn`` is called with new hashes before
    each.

    ``wanted`` are the earlier hashes (int64) to translate. The caller holds the lock. Unreferenced files are removed.
    """
    done, parts = 0, lake.parts()
    for group in _groups(parts):
        renamed: Renamed = Of({}, {})
        made: list[tuple[Part, Part]] = []
        with drafts(f"rekey-{lake.environment}-") as prefix:
            paths = [draft(prefix) for _ in group]
            for part, path, found in zip(group, paths, _written(group, paths, keyring, wanted), strict=True):
                done += 1
                tell(done, len(parts))
                if found is not None:
                    made.append((part, _part(part, path, found[0])))
                    for known, new in zip(renamed, found[1], strict=True):
                        known.update(new)
            if made:
                learn(renamed)
                lake.replace([old for old, _ in made], [new for _, new in made], changes_data=False)
    if parts:
        lake.clean()  # also removes files of a killed run


def _written(
    group: Sequence[Part], paths: Sequence[Path], keyring: Keyring, wanted: Of[np.ndarray]
) -> Iterator[tuple[Written, Renamed] | None]:
    with ThreadPoolExecutor(cores(), thread_name_prefix="rekey") as threads:
        yield from threads.map(lambda part, path: rekey_file(part.path, path, keyring, wanted), group, paths)


def rekey_file(source: Path, target: Path, keyring: Keyring, wanted: Of[np.ndarray]) -> tuple[Written, Renamed] | None:
    """Rewrite a file with the hashes of ``keyring``; None if it has these already."""
    with pq.ParquetFile(source) as part:
        if is_named_by(part, keyring):
            return None
        renamed: Renamed = Of({}, {})
        with PartWriter(target) as writer:
            for batch in part.iter_batches(_ROWS, use_threads=False):
                table = pa.Table.from_batches([batch]).cast(TABLE_SCHEMA)
                for kind, names, known in zip(KINDS, wanted, renamed, strict=True):
                    place = table.schema.get_field_index(f"{kind}_key")
                    new = keyring.column(table[f"{kind}_id"].combine_chunks())
                    known.update(_pairs(table.column(place).combine_chunks(), new, names))
                    table = table.set_column(place, TABLE_SCHEMA.field(place), new)
                writer.add(table)
    return writer.written, renamed


def is_named_by(part: pq.ParquetFile, ring: Keyring | EarlierKeyring) -> bool:
    """Whether all hashes in a file are those of its ids by this keyring."""
    columns = [f"{kind}_{what}" for kind in KINDS for what in ("id", "key")]
    for batch in part.iter_batches(_ROWS, columns=columns, use_threads=False):
        table = pa.Table.from_batches([batch])
        for kind in KINDS:
            ids, keys = (table[f"{kind}_{what}"].combine_chunks() for what in ("id", "key"))
            if not keys.equals(ring.column(ids)):
                return False
    return True


def names_somebody(part: pq.ParquetFile) -> bool:
    """Whether a file has any hash."""
    batches = part.iter_batches(_ROWS, columns=[f"{kind}_key" for kind in KINDS], use_threads=False)
    return any(column.null_count < len(column) for batch in batches for column in batch.columns)


def _pairs(old: pa.Array, new: pa.Array, wanted: np.ndarray) -> Iterator[tuple[int, int]]:
    if len(wanted):
        found = pa.array(np.isin(old.fill_null(0).to_numpy(), wanted))
        yield from zip(old.filter(found).to_pylist(), new.filter(found).to_pylist(), strict=True)


def _part(old: Part, path: Path, written: Written) -> Part:
    return Part(path, written.size, written.rows, written.first or old.first, written.last or old.last, old.import_id)


def _groups(parts: Sequence[Part]) -> Iterator[list[Part]]:
    group: list[Part] = []
    for part in parts:
        group.append(part)
        if len(group) == _GROUP_PARTS or sum(each.rows for each in group) >= _GROUP_ROWS:
            yield group
            group = []
    if group:
        yield group
