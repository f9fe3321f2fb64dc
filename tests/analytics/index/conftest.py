"""A lake, an index and a database of each test's own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def here(db: None, own_folders: Path) -> None:
    """Each test's table and index are its own."""
