"""A lake and a memory of answers of each test's own, and an engine for the relational expressions."""

from collections.abc import Iterator
from pathlib import Path

import ibis
import pytest


@pytest.fixture(autouse=True)
def here(db: None, own_folders: Path, own_cache: None) -> None:
    """Each test's table, index and remembered answers are its own."""


@pytest.fixture(scope="session")
def duckdb() -> Iterator[ibis.BaseBackend]:
    connection = ibis.duckdb.connect(threads=1)
    connection.raw_sql("SET TimeZone = 'UTC'")
    yield connection
    connection.disconnect()
