"""Store pairs as files: a snapshot of all pairs, and patches with later changes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.index import arrow_files
from interactions.analytics.index.lookups import hashes_of_pairs, lookup_of
from interactions.analytics.index.manifest import PairFile
from interactions.analytics.index.people import distinct
from interactions.analytics.index.run import Lookup, Pairs

_COLUMNS: Final = ("user", "visitor", "has", "records")
_ROOM: Final = 8  # 1 / _ROOM of the pairs is left free at the end, for pairs that patches add
_LEAST_ROOM: Final = 1024
_FEW: Final = 50_000  # so many pairs may be in patches, or 1 / _SHARE of all if that's more
_SHARE: Final = 16


def write(folder: Path, pairs: Pairs, files: Sequence[PairFile], before: Pairs | None) -> tuple[PairFile, ...]:
    """Write the pairs that aren't in ``files`` yet, which contain the pairs ``before``."""
    if before is None or len(pairs) < len(before) or _is_blanked(pairs, before):
        return (_write_all(folder, pairs),)
    changed = np.flatnonzero(pairs.records[: len(before)] != before.records)
    codes, (base, *patches) = np.concatenate((changed, np.arange(len(before), len(pairs)))), files
    if not len(codes):
        return tuple(files)
    while patches and patches[-1].rows <= 2 * len(codes):
        older = arrow_files.arrays(arrow_files.read(_path(folder, patches.pop())))["code"]
        codes = distinct(np.concatenate((codes, older)))
    touched = sum(patch.rows for patch in patches) + len(codes)
    if len(pairs) > base.rows + _room(base.rows) or touched > max(_FEW, base.rows // _SHARE):
        return (_write_all(folder, pairs),)
    return (base, *patches, _write_patch(folder, pairs, codes, (patches or [base])[-1].count))


def read(folder: Path, files: Sequence[PairFile]) -> tuple[Pairs, tuple[Lookup, ...]]:
    """Map the pairs and their lookups. Only patched pages take memory. Raises FileNotFoundError."""
    base, *patches = files
    columns = arrow_files.read_own(_path(folder, base))
    for patch in patches:
        new = arrow_files.arrays(arrow_files.read(_path(folder, patch)))
        for name in _COLUMNS:
            columns[name][new["code"]] = new[name]
    lookups = (arrow_files.arrays(arrow_files.read(_lookup(folder, file.name))) for file in files)
    pairs = Pairs(*(columns[name][: files[-1].count] for name in _COLUMNS))
    return pairs, tuple(Lookup(lookup["hash"], lookup["code"]) for lookup in lookups)


def _write_all(folder: Path, pairs: Pairs) -> PairFile:
    name, room = secrets.token_hex(8), np.zeros(_room(len(pairs)), np.int64)
    columns = {column: getattr(pairs, column) for column in _COLUMNS}
    padded = {column: np.concatenate((values, room.astype(values.dtype))) for column, values in columns.items()}
    arrow_files.write(_path_of(folder, name), {column: pa.array(values) for column, values in padded.items()})
    _write_lookup(folder, name, pairs, 0)
    return PairFile(name, len(pairs), len(pairs))


def _write_patch(folder: Path, pairs: Pairs, codes: np.ndarray, first: int) -> PairFile:
    """Write the current values of these pairs; those from ``first`` on are new."""
    name = secrets.token_hex(8)
    columns = {column: pa.array(getattr(pairs, column)[codes]) for column in _COLUMNS}
    arrow_files.write(_path_of(folder, name), {"code": pa.array(codes), **columns})
    _write_lookup(folder, name, pairs, first)
    return PairFile(name, len(codes), len(pairs))


def _write_lookup(folder: Path, name: str, pairs: Pairs, first: int) -> None:
    new = (column[first:] for column in (pairs.user, pairs.visitor, pairs.has))
    lookup = lookup_of(hashes_of_pairs(*new), first)
    arrow_files.write(_lookup(folder, name), {"hash": pa.array(lookup.hashes), "code": pa.array(lookup.codes)})


def _is_blanked(pairs: Pairs, before: Pairs) -> bool:
    """Whether some pairs have been blanked since: the old files must not be kept then."""
    columns = ("has", "user", "visitor")
    return not all(np.array_equal(getattr(pairs, name)[: len(before)], getattr(before, name)) for name in columns)


def _room(rows: int) -> int:
    return rows // _ROOM + _LEAST_ROOM


def _path(folder: Path, file: PairFile) -> Path:
    return _path_of(folder, file.name)


def _path_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.arrow"


def _lookup(folder: Path, name: str) -> Path:
    return folder / f"{name}-lookup.arrow"
