"""Find the records of an import that are in the data set already.

A record that carries a uuid is the same record wherever that uuid comes again. Of the others, a file may hold equal
ones on purpose, so the n-th copy in the import is matched with the n-th copy in the table: what goes beyond the
copies in the table is new. DuckDB does the matching, because it may spill to disk and an import may be of any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from interactions.codec.parts import part_writer
from interactions.imports.untimed import find_untimed
from interactions.lake import Part

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MEMORY = "200MB"
_BY_UUID = r"fingerprint >= '\x80'::BLOB"  # the mark is the top bit of the first byte: see codec.fingerprint
_PLAIN = "CREATE VIEW own AS SELECT fingerprint, filename, file_row_number AS row FROM mine"
_WITH_UNTIMED = """
CREATE VIEW own AS
SELECT coalesce(untimed.fingerprint, mine.fingerprint) AS fingerprint, mine.filename, mine.file_row_number AS row
FROM mine LEFT JOIN untimed ON untimed.filename = mine.filename AND untimed.row = mine.file_row_number
"""
_FIND = rf"""
CREATE TABLE duplicate AS
WITH known AS (
    SELECT fingerprint, count(*) AS copies
    FROM theirs
    WHERE fingerprint IN (SELECT fingerprint FROM own)
    GROUP BY fingerprint
),
candidate AS (
    SELECT own.*, coalesce(known.copies, 0) AS copies
    FROM own LEFT JOIN known USING (fingerprint)
    WHERE known.copies IS NOT NULL OR {_BY_UUID}
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY fingerprint ORDER BY filename, row) AS copy FROM candidate
)
SELECT filename, row FROM numbered
WHERE CASE WHEN {_BY_UUID} THEN copies > 0 OR copy > 1 ELSE copy <= copies END
"""  # noqa: S608 - all of it stands here


@dataclass(frozen=True, slots=True)
class Sifted:
    """The parts without what was there already, and how many records that was."""

    parts: list[Part]
    duplicates: int


def sift(mine: Sequence[Part], theirs: Sequence[Part], *, untimed: bool) -> Sifted:
    """Leave out of the parts ``mine``, at least one, what the table's parts ``theirs`` hold.

    Only parts of the same time are looked at, unless some records came without one (``untimed``): those have the
    time at which they were received, which tells nothing of their copies. Nor does the time of a record that has a
    uuid. Parts are written anew beside the old ones, which stay as they are, so that this can be done again.
    """
    with _connection() as duck:
        _show(duck, "mine", mine)
        has_uuids = _has_uuids(duck)
        if not untimed and not has_uuids:
            first, last = min(part.first for part in mine), max(part.last for part in mine)
            theirs = [part for part in theirs if part.first <= last and first <= part.last]
        if not theirs and not has_uuids:
            return Sifted(list(mine), 0)
        _show(duck, "theirs", theirs)
        duck.execute(_WITH_UNTIMED if find_untimed(duck, mine) else _PLAIN)
        duck.execute(_FIND)
        counts = dict(duck.execute("SELECT filename, count(*) FROM duplicate GROUP BY filename").fetchall())
        kept = []
        for part in mine:
            count = counts.get(str(part.path), 0)
            if count == 0:
                kept.append(part)
            elif count < part.rows:
                rows = duck.execute("SELECT row FROM duplicate WHERE filename = ?", [str(part.path)]).fetchnumpy()
                kept.append(_without(part, rows["row"]))
    return Sifted(kept, sum(counts.values()))


@contextmanager
def _connection() -> Iterator[DuckDBPyConnection]:
    import duckdb  # after the fork only: it starts threads

    settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "temp_directory": str(settings.SCRATCH_DIR),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(":memory:", config=options) as duck:
        yield duck


def _show(duck: DuckDBPyConnection, name: str, parts: Sequence[Part]) -> None:
    """Make a view of the rows of ``parts``, with the file and the number of each row in it."""
    if parts:
        paths = [str(part.path) for part in parts]
        duck.read_parquet(paths, filename=True, file_row_number=True).create_view(name)
    else:
        duck.execute(f"CREATE VIEW {name} AS SELECT * FROM mine LIMIT 0")  # noqa: S608


def _has_uuids(duck: DuckDBPyConnection) -> bool:
    return bool(duck.execute(f"SELECT 1 FROM mine WHERE {_BY_UUID} LIMIT 1").fetchall())  # noqa: S608


def _without(part: Part, rows: np.ndarray) -> Part:
    """The part less some rows, as a new file, a row group at a time."""
    path = part.path.with_name(f"{part.path.stem}-kept.parquet")
    keep = np.ones(part.rows, bool)
    keep[rows] = False
    base = 0
    with pq.ParquetFile(part.path) as source, part_writer(path) as writer:
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            kept = table.filter(pa.array(keep[base : base + table.num_rows]))
            if kept.num_rows:
                writer.write_table(kept, row_group_size=kept.num_rows)
            base += table.num_rows
    return Part(path, path.stat().st_size, part.rows - len(rows), part.first, part.last)
