"""Streams on a database in which everything is committed, and a Kafka that is started once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.committed import committed, production
from tests.ingest.streams.brokers import Cluster

__all__ = ["committed", "production"]


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "lake"


@pytest.fixture(scope="session")
def kafka() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.end()


@pytest.fixture
def topic(kafka: Cluster) -> str:
    """A topic of the test's own, with four partitions."""
    return kafka.create(f"shop-{secrets.token_hex(4)}")
