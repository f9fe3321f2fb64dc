"""Every test of the import has folders of its own and a real Redis for the lock."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from .house import House


@pytest.fixture(autouse=True)
def folders(own_folders: Path, settings: Any) -> Path:
    """A data folder that is this test's alone; its blocks are small, so that a small file has several."""
    settings.IMPORT_BLOCK_BYTES = 1024
    return own_folders


@pytest.fixture
def house(db: None, redis_server: str, monkeypatch: pytest.MonkeyPatch) -> House:
    """The use cases, with a queue that a test can look into."""
    house = House()
    monkeypatch.setattr(current_app, "send_task", house.send_task)
    return house


@pytest.fixture
def emptied(house: House, folders: Path) -> Callable[[], House]:
    """The same house with nothing in its data set, for each example of a property."""

    def emptied() -> House:
        for name in ("lake", "overlaps"):
            shutil.rmtree(folders / name, ignore_errors=True)
        return house

    return emptied
