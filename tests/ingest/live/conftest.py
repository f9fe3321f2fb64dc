"""The inbox on a lake of each test's own, with a real Redis for the lock."""

from pathlib import Path

import pytest

from interactions.warehouse.lake import Lake
from tests.committed import committed, production

__all__ = ["committed", "production"]


@pytest.fixture(autouse=True)
def folders(own_folders: Path) -> None:
    """Each test's table and index are its own."""


@pytest.fixture
def lake(redis_server: str) -> Lake:
    return Lake("production")
