"""A node keeps copies of the parts that it makes for an import, unless an erasure came in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from interactions.warehouse.copies import forget_copies
from interactions.warehouse.own_parts import OwnParts
from tests.stores import ObjectServer

NAME, CONTENT = "00001-abc.parquet", b"rows"


@pytest.fixture
def part(settings: Any, tmp_path: Path, object_store: ObjectServer, redis_server: str) -> Path:
    """A part of an import that isn't in the table yet."""
    settings.LAKE_URL = object_store.bucket()
    settings.CACHE_DIR, settings.SCRATCH_DIR = tmp_path / "cache", tmp_path / "scratch"
    path = tmp_path / NAME
    path.write_bytes(CONTENT)
    return path


def taken(tmp_path: Path, size: int = len(CONTENT), import_id: int = 7) -> bytes | None:
    """What whoever commits the import finds on this node."""
    target = tmp_path / "work" / NAME
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    return target.read_bytes() if OwnParts("production", import_id).take(size, target) else None


def test_a_part_that_was_kept_is_there_for_its_import(part: Path, tmp_path: Path) -> None:
    OwnParts("production", 7).keep(part)
    assert taken(tmp_path) == CONTENT
    assert taken(tmp_path, import_id=8) is None
    assert taken(tmp_path, size=5) is None


def test_an_erasure_removes_what_is_not_in_the_table(part: Path, tmp_path: Path) -> None:
    OwnParts("production", 7).keep(part)
    forget_copies()
    assert taken(tmp_path) is None


def test_what_was_begun_before_an_erasure_is_not_kept(part: Path, tmp_path: Path, settings: Any) -> None:
    own = OwnParts("production", 7)
    forget_copies()
    own.keep(part)
    assert taken(tmp_path) is None
    assert [path for path in Path(settings.CACHE_DIR).rglob("*") if path.is_file()] == []


def test_an_import_that_is_cancelled_leaves_no_copy(part: Path, tmp_path: Path) -> None:
    own = OwnParts("production", 7)
    own.keep(part)
    own.forget()
    assert taken(tmp_path) is None


def test_with_a_table_on_this_disk_nothing_is_kept(part: Path, tmp_path: Path, settings: Any) -> None:
    settings.LAKE_URL = ""
    OwnParts("production", 7).keep(part)
    assert taken(tmp_path) is None
    assert not Path(settings.CACHE_DIR).exists()
