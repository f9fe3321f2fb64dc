"""The inbox on a lake of each test's own, with a real Redis for the lock."""

from pathlib import Path
from typing import Any

import pytest

from interactions.warehouse.lake import Lake
from tests.committed import committed, production

__all__ = ["committed", "production"]


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.OVERLAPS_DIR = tmp_path / "overlaps"
    settings.FINGERPRINTS_DIR = tmp_path / "fingerprints"
    settings.INDEX_DIR = tmp_path / "index"
    settings.SCRATCH_DIR = tmp_path / "scratch"


@pytest.fixture
def lake(redis_server: str) -> Lake:
    return Lake("production")
