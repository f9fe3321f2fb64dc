"""What a table holds, counted while it is being written to."""

from __future__ import annotations

import sys

import duckdb

from interactions.warehouse.lake import Lake

_TRIES = 3


def rows(environment: str) -> int:
    """How many rows the table has, by its log alone."""
    return sum(part.rows for part in Lake(environment).parts())


def counted(environment: str) -> tuple[int, int]:
    """The rows of the table, and how many of them are different, both read from the parts."""
    query = "SELECT count(*), count(DISTINCT fingerprint) FROM read_parquet($files)"
    for _ in range(_TRIES):
        files = Lake(environment).files()
        try:
            with duckdb.connect() as duck:
                found, different = duck.execute(query, {"files": files}).fetchall()[0]
                return found, different
        except duckdb.IOException:
            continue  # small parts were put together meanwhile
    sys.exit("The table was rewritten each time that it was counted.")
