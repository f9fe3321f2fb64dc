"""An environment with a few records in two regions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from interactions.models import Environment
from tests.lakes import append, record


@pytest.fixture
def lake(db: None, redis_server: str, settings: Any, tmp_path: Path) -> Environment:
    """Production, whose data set is empty."""
    settings.LAKE_DIR = tmp_path / "lake"
    settings.INDEX_DIR = tmp_path / "index"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    cache.clear()
    return Environment.objects.get(slug="production")


@pytest.fixture
def here(lake: Environment) -> Environment:
    """Production, with three views of Ann in Kent in January, and two likes of Bob in Bath in February."""
    views = [("product_detail_page_view", f"2024-01-{day:02}T12:00:00Z", "ann", "Kent") for day in (2, 3, 9)]
    likes = [("like", f"2024-02-{day:02}T12:00:00Z", "bob", "Bath") for day in (1, 2)]
    append([record(kind, at, user_id=who, region=region) for kind, at, who, region in views + likes])
    return lake
