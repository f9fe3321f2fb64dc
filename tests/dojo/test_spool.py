"""Where the bodies of large calls wait until they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from dojo.gateway.spool import MEMORY_BYTES, Spool


@pytest.mark.parametrize("size", [MEMORY_BYTES, MEMORY_BYTES + 1])
def test_what_was_added_is_read_though_nobody_has_made_the_folder(settings, tmp_path: Path, size: int) -> None:
    settings.SCRATCH_DIR = tmp_path / "data" / "scratch"
    spool = Spool()
    spool.add(b"a" * (size - 1))
    spool.add(b"b")
    assert spool.is_large == (size > MEMORY_BYTES)
    assert spool.stream().read() == b"a" * (size - 1) + b"b"
    spool.close()
