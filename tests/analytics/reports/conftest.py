"""A lake, an index and a database of each test's own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def here(db: None, settings, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.INDEX_DIR = tmp_path / "index"
    settings.SCRATCH_DIR = tmp_path / "scratch"
