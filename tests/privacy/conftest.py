"""Erasures with the folders, the queue and the Redis of the import's tests."""

import pytest

from interactions.privacy import stores
from tests.ingest.imports.conftest import folders, house

__all__ = ["folders", "house"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call comes into the ring a moment late here."""
    monkeypatch.setattr(stores, "SETTLE_SECONDS", 0.0)
