"""A data folder of before the event index: what was summed up in it goes, its table stays."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command

from interactions.contract.tombstones import Tombstones
from interactions.management.commands import keep_index
from interactions.models import Environment
from interactions.privacy import remains
from tests import figures
from tests.ingest.imports.files import as_lines
from tests.ingest.imports.house import House

from .people import crowd


@pytest.fixture
def summaries() -> Path:
    """As they were."""
    segment = Path(settings.DATA_DIR) / "summaries" / "production" / "segment-1"
    segment.mkdir(parents=True)
    (segment / "journeys.parquet").write_bytes(b"PAR1")
    return segment.parents[1]


def test_the_keeper_removes_them_and_builds_the_index(house: House, summaries: Path) -> None:
    house.done(as_lines(crowd()))
    cache.set("answer:production:totals:1", b"an answer")
    with patch.object(keep_index, "close_old_connections"), patch("signal.signal"):  # the test's own stay
        call_command("keep_index", "--once")
    assert not summaries.exists()
    assert cache.get("answer:production:totals:1") is None
    totals = figures.totals("production")
    assert totals is not None and totals.interactions == 40


def test_an_erasure_counts_and_removes_them(house: House, summaries: Path) -> None:
    here, nobody = Environment.objects.get(slug="production"), Tombstones.of([])
    assert remains.count(here, nobody).total() == 1
    remains.erase(here, nobody)
    assert not summaries.exists() and not remains.count(here, nobody)
