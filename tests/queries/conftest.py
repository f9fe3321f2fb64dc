"""A lake and a memory of answers of each test's own."""

from pathlib import Path

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def here(db: None, settings, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.SUMMARIES_DIR = tmp_path / "summaries"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()
