"""The table of a product at work, read without Dojo, as any other program reads it.

Its log is tidied and its parts are written anew meanwhile; a reader that meets that reads again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

_TIMES = 50
_PAUSE_SECONDS = 0.1

Found = TypeVar("Found")


def read(
    folder: Path | str,
    columns: list[str] | None = None,
    where: pc.Expression | None = None,
    options: dict[str, str] | None = None,
) -> pa.Table:
    """The rows of a table, of its newest version; no rows, and no columns, if there is no table yet."""

    def look() -> pa.Table:
        if not DeltaTable.is_deltatable(str(folder), options):
            return pa.table({})
        table = DeltaTable(str(folder), storage_options=options)
        return table.to_pyarrow_dataset().to_table(columns=columns, filter=where)

    return _again(look)


def values(folder: Path | str, column: str, options: dict[str, str] | None = None) -> list[Any]:
    """The column's values of all rows; empty if there is no table yet."""
    table = read(folder, [column], options=options)
    return table[column].to_pylist() if table.num_columns else []


def parts(folder: Path | str) -> list[str]:
    """Addresses of the newest version's parts; empty if there is no table yet."""
    return _again(lambda: DeltaTable(str(folder)).file_uris() if DeltaTable.is_deltatable(str(folder)) else [])


def version(folder: Path | str) -> int:
    return _again(lambda: DeltaTable(str(folder)).version())


def _again(look: Callable[[], Found]) -> Found:
    for _ in range(_TIMES):
        try:
            return look()
        except (FileNotFoundError, DeltaError):
            time.sleep(_PAUSE_SECONDS)
    return look()
