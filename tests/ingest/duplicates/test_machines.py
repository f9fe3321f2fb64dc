"""Several machines append to one table, each with an index of fingerprints of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interactions.ingest.duplicates import machines
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.warehouse.lake import Lake, Part
from tests.ingest.duplicates.parts import part

INDEX = FingerprintIndex("production")


@pytest.fixture
def parts(folder: Path, settings: Any, tmp_path: Path) -> list[Part]:
    settings.LAKE_URL = "s3://somewhere"
    settings.FINGERPRINTS_DIR = tmp_path / "fingerprints"
    random = np.random.default_rng(3)
    return [part(folder, [random.bytes(16) for _ in range(12)]) for _ in range(4)]


def test_another_machine_forgets_the_fingerprints_of_records_that_are_gone(
    parts: list[Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = parts[2:]
    monkeypatch.setattr(Lake, "parts", lambda self: left)
    INDEX.refresh(1, parts)
    assert INDEX.count_dead(left) > 0
    machines.forget_gone()
    assert INDEX.count_dead(left) == 0
    assert set(INDEX.read().parts) == {part.name for part in left}
    INDEX.refresh(2, parts)  # what comes again is read again
    assert set(INDEX.read().parts) == {part.name for part in parts}


def test_it_has_no_index_where_the_table_can_not_be_read(parts: list[Part], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: Lake) -> list[Part]:
        raise OSError("The store can't be reached.")

    monkeypatch.setattr(Lake, "parts", away)
    INDEX.refresh(1, parts)
    machines.forget_gone()
    assert not INDEX.folder.exists()
