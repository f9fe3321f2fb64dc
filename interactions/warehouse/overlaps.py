"""Duplicates: records that were sent but left out, because the table had them already.

Undoing the import that added such records must not take them from others who sent them as well. So each import and each
batch of live records keeps a list of its duplicates: a Parquet file in ``overlaps/<environment>/``. If a duplicate by
uuid has other ids than the first record, the list also has the ids of that one, because they are the same person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from interactions import process_caches
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.fingerprint import SIZE
from interactions.contract.tombstones import COLUMNS as PERSON_COLUMNS
from interactions.contract.tombstones import Person, Tombstones
from interactions.files import sync
from interactions.warehouse.shared_folder import SharedFolder

LIVE: Final = 0  # the import id of live records
COLUMNS: Final = ["fingerprint", *PERSON_COLUMNS]
LINKS: Final = ["is_linked", "linked_user_key", "linked_anonymous_key"]
"""Whether it has ids that the first record with its uuid doesn't have, and the keys of that record."""
_SCHEMA: Final = pa.schema(
    [
        pa.field("fingerprint", pa.binary(SIZE)),
        *(TABLE_SCHEMA.field(name) for name in PERSON_COLUMNS),
        *(pa.field(name, form) for name, form in zip(LINKS, (pa.bool_(), pa.int64(), pa.int64()), strict=True)),
    ]
)
_ROWS: Final = 262_144  # rows in memory at once
_WRITING: Final[dict[str, Any]] = {
    # Nearly all is hashes. Those of people repeat, fingerprints don't.
    "compression": {name: "none" if name == "fingerprint" else "zstd" for name in _SCHEMA.names},
    "compression_level": {name: 1 for name in _SCHEMA.names if name != "fingerprint"},
    "use_dictionary": False,
    "write_statistics": False,
}


@dataclass(frozen=True, slots=True)
class Handover:
    """Which rows of an import stay when it's undone, and who gets them.

    ``of`` has for each row of a part, by path, 0 (uint16) if it's removed, or else the position in ``holders``, from 1,
    of its new import id. Parts that are removed completely aren't in it.
    """

    holders: Sequence[int] = ()
    of: Mapping[Path, np.ndarray] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The number of rows that stay."""
        return sum(int(np.count_nonzero(owners)) for owners in self.of.values())


class Overlaps:
    """The lists of one environment, by slug. Writing needs the write lock of its table."""

    def __init__(self, environment: str) -> None:
        self._shared = _shared(environment)
        self._folder = self._shared.folder

    @contextmanager
    def of_import(self, import_id: int) -> Iterator[Callable[[pa.Table], None]]:
        """Write the list of an import, replacing an earlier one.

        Yields a function that adds a table with ``COLUMNS``, and ``LINKS`` if there are any.
        """
        with self._written(self._path(import_id)) as add:
            yield add

    def add_live(self, batch: int, table: pa.Table) -> None:
        """Write the list of a batch of live records; ``table`` has ``COLUMNS``, and ``LINKS`` if there are any."""
        with self._written(self._folder / f"{LIVE}-{batch}.parquet") as add:
            add(table)

    def lists(self, *, but: int | None = None, version: int | None = None) -> list[tuple[int, Path]]:
        """The import id and path of each list, except that of one import.

        With a ``version`` of the table, those of that version; what was removed since then may still be among them.
        """
        if version is None:
            self._shared.fetch()
        else:
            self._shared.fetch_for(version)
        found = [(int(path.stem.split("-")[0]), path) for path in sorted(self._folder.glob("*.parquet"))]
        return [(import_id, path) for import_id, path in found if import_id != but]

    def forget(self, import_id: int) -> None:
        """Remove the list of an import."""
        self._shared.remove(self._path(import_id).name)

    def count(self, tombstones: Tombstones) -> Counter[Person]:
        """Count entries by person."""
        found: Counter[Person] = Counter()
        self._shared.fetch()
        for path in self._folder.glob("*.parquet"):
            for table in _tables(path):
                found += tombstones.count(table) + tombstones.count(origins(table))
        return found

    def remove(self, mask: Callable[[pa.Table], np.ndarray]) -> None:
        """Remove entries for which ``mask`` is true, given tables of ``COLUMNS``, and links to such people."""
        for draft in self._folder.glob("*.draft"):  # of a killed process
            draft.unlink(missing_ok=True)
        self._shared.fetch()
        for path in self._folder.glob("*.parquet"):
            if any((mask(table) | mask(origins(table))).any() for table in _tables(path)):
                with self._written(path) as add:
                    for table in _tables(path):
                        add(_unlinked(table, mask(origins(table))).filter(pa.array(~mask(table))))

    def remove_older(self, moment: datetime) -> None:
        """Remove the entries whose timestamp is before ``moment``."""
        limit = pa.scalar(moment, TABLE_SCHEMA.field("timestamp").type)
        self.remove(lambda table: pc.less(table["timestamp"], limit).to_numpy())

    def _path(self, import_id: int) -> Path:
        return self._folder / f"{import_id}.parquet"

    @contextmanager
    def _written(self, path: Path) -> Iterator[Callable[[pa.Table], None]]:
        """Write a file completely and durably, or not at all; no file without rows."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        rows = 0
        try:
            with pq.ParquetWriter(draft, _SCHEMA, **_WRITING) as writer:

                def add(table: pa.Table) -> None:
                    nonlocal rows
                    rows += table.num_rows
                    if table.num_rows:
                        writer.write_table(_whole(table))

                yield add
            if rows:
                sync(draft)
                self._shared.put(draft, path.name)
            else:
                self._shared.remove(path.name)
            sync(self._folder)
        finally:
            draft.unlink(missing_ok=True)


def _shared(environment: str) -> SharedFolder:
    url = f"{settings.OVERLAPS_URL}/{environment}" if settings.OVERLAPS_URL else ""
    return SharedFolder(Path(settings.OVERLAPS_DIR) / environment, url)


def _copies() -> list[SharedFolder]:
    """Those of lists that are kept in a store."""
    folders = Path(settings.OVERLAPS_DIR).glob("*") if settings.OVERLAPS_URL else ()
    return [_shared(path.name) for path in folders if path.is_dir()]


def _catch_up() -> None:
    """As people are erased from the lists by another machine."""
    for copy in _copies():
        copy.catch_up()


process_caches.register_copies("lists of duplicates", _catch_up)


def links_in(path: Path) -> pa.Table:
    """The entries of a list that have links, with ``COLUMNS`` and ``LINKS``; empty if the list is gone."""
    found = [_SCHEMA.empty_table()]
    with suppress(FileNotFoundError), pq.ParquetFile(path) as source:
        if LINKS[0] in source.schema_arrow.names:
            found += (table.filter(table[LINKS[0]]) for table in _tables(path))
    return pa.concat_tables(found)


def _tables(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as source:
        for batch in source.iter_batches(_ROWS):
            yield _whole(pa.Table.from_batches([batch]))


def _whole(table: pa.Table) -> pa.Table:
    """Add LINKS, which lists of earlier versions don't have."""
    for name in LINKS:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, _SCHEMA.field(name).type))
    return table.select(_SCHEMA.names).cast(_SCHEMA)


def origins(table: pa.Table) -> pa.Table:
    """The rows with the keys they are linked to instead of their own; null without a link."""
    renamed = {"user_key": "linked_user_key", "anonymous_key": "linked_anonymous_key"}
    return table.select([renamed.get(name, name) for name in COLUMNS]).rename_columns(COLUMNS)


def _unlinked(table: pa.Table, gone: np.ndarray) -> pa.Table:
    """Remove the links of the rows that are ``gone``."""
    kept = pa.array(~gone)
    for place, name in enumerate(LINKS, len(COLUMNS)):
        table = table.set_column(place, name, pc.if_else(kept, table[name], pa.scalar(None, table[name].type)))
    return table
