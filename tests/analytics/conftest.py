"""A lake and a memory of answers of each test's own, and an engine for the relational expressions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def here(db: None, settings: Any, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.INDEX_DIR = tmp_path / "index"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()


@pytest.fixture(scope="session")
def duckdb() -> Iterator[ibis.BaseBackend]:
    connection = ibis.duckdb.connect(threads=1)
    connection.raw_sql("SET TimeZone = 'UTC'")
    yield connection
    connection.disconnect()
