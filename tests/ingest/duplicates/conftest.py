"""Both ways in, each test with a data folder of its own; and parts that are looked at without a database."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from django.test import override_settings

from interactions import identity
from interactions.contract.keyring import Keyring
from tests.committed import committed, production
from tests.ingest.imports.conftest import emptied, folders, house
from tests.ingest.live.conftest import lake

__all__ = ["committed", "emptied", "folders", "house", "lake", "production"]


@pytest.fixture(scope="module")
def keyed() -> Iterator[None]:
    with patch.object(identity, "keyring", lambda: Keyring(b"key")):
        yield


@pytest.fixture(scope="module")
def folder(keyed: None) -> Iterator[Path]:
    """For parts, and the index of them."""
    with (
        tempfile.TemporaryDirectory() as name,
        override_settings(FINGERPRINTS_DIR=Path(name) / "fingerprints", SCRATCH_DIR=Path(name) / "scratch"),
    ):
        yield Path(name)
