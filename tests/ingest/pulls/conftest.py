"""Pulls with the folders, the queue and the Redis of the import's tests, from a server on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ingest.imports.conftest import folders, house

from .exporter import Exporter, exporting

__all__ = ["folders", "house"]


@pytest.fixture
def exporter(settings: Any) -> Iterator[Exporter]:
    with exporting() as server:
        settings.MIXPANEL_EXPORT_URL = settings.AMPLITUDE_EXPORT_URL = server.url
        yield server
