"""Rows are taken out of the table for good: what is left is as it was, and parts that held none are not touched."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redis
from django.conf import settings

from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import Removed, remove_import, remove_most, remove_older, remove_rows
from tests.lakes import append, record

MARCH = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Path:
    settings.LAKE_DIR, settings.SCRATCH_DIR = tmp_path / "lake", tmp_path / "scratch"
    return tmp_path


@pytest.fixture
def lake() -> Lake:
    """Three parts: of imports 1 and 2, and live ones; their likes are of January, March and May."""
    for import_id, month in ((1, 1), (2, 3), (0, 5)):
        append(
            [
                record("like" if n % 2 else "search", f"2024-{month:02d}-0{1 + n}T00:00:00Z", user_id=f"u{n}")
                for n in range(6)
            ],
            import_id=import_id,
        )
    return Lake("production")


def likes(table: pa.Table) -> np.ndarray:
    return np.array([value == "like" for value in table["type"].to_pylist()])


def rows(lake: Lake) -> list[dict[str, Any]]:
    return [row for path in sorted(lake.files()) for row in pq.read_table(path).to_pylist()]


def test_what_is_left_is_as_it_was(lake: Lake) -> None:
    before = [row for row in rows(lake) if row["type"] != "like"]
    removed = remove_rows(lake, likes, ["type"])
    assert removed.rows == 9
    assert sorted(map(str, rows(lake))) == sorted(map(str, before))
    assert removed.after == lake.version() > removed.before


def test_parts_that_hold_none_of_the_rows_stay_as_they_are(lake: Lake) -> None:
    def late_likes(table: pa.Table) -> np.ndarray:
        late = [at >= datetime(2024, 5, 1, tzinfo=UTC) for at in table["timestamp"].to_pylist()]
        return likes(table) & np.array(late)

    before = {part.import_id: part.path for part in lake.parts()}
    remove_rows(lake, late_likes, ["type", "timestamp"])
    after = {part.import_id: part.path for part in lake.parts()}
    assert {number for number in before if before[number] == after[number]} == {1, 2}


def test_a_part_written_anew_keeps_its_import_and_says_its_times(lake: Lake) -> None:
    remove_rows(lake, likes, ["type"])
    for part in lake.parts():
        table = pq.read_table(part.path)
        assert set(table["import_id"].to_pylist()) == {part.import_id}
        assert (part.first, part.last) == (min(table["timestamp"].to_pylist()), max(table["timestamp"].to_pylist()))
        assert part.rows == table.num_rows


def test_only_files_that_the_table_names_are_left(lake: Lake, folders: Path) -> None:
    (lake.folder / "live" / "killed.draft").write_bytes(b"x")
    (folders / "scratch").mkdir(exist_ok=True)
    (folders / "scratch" / "rewrite-production-left.parquet").write_bytes(b"x")
    remove_rows(lake, likes, ["type"])
    found = {str(path) for path in lake.folder.rglob("*") if path.is_file() and "_delta_log" not in path.parts}
    assert found == set(lake.files())
    assert not list((folders / "scratch").glob("rewrite-*"))


def test_a_table_of_which_all_goes_is_empty_and_can_be_added_to(lake: Lake) -> None:
    assert remove_rows(lake, lambda table: np.ones(table.num_rows, bool), ["type"]).rows == 18
    assert rows(lake) == []
    append([record("like")])
    assert len(rows(lake)) == 1


def test_progress_tells_of_every_part(lake: Lake) -> None:
    told: list[tuple[int, int]] = []
    remove_rows(lake, likes, ["type"], lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_most_is_removed_with_the_lock_held_for_the_commit_alone(lake: Lake, redis_server: str) -> None:
    told: list[int] = []
    held: list[bool] = []
    with patch.object(Lake, "replace", autospec=True, side_effect=Lake.replace) as replace:
        removed = remove_most(
            lake, likes, ["type"], lambda *_: held.append(is_locked()), lambda gone: told.append(len(gone))
        )
    assert (removed.rows, told, replace.call_count) == (9, [9], 1)
    assert held == [False] * 3
    assert {row["type"] for row in rows(lake)} == {"search"}


def is_locked() -> bool:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return bool(client.exists("dojo:lake:production"))


def test_a_part_that_goes_while_most_is_removed_stays_gone(lake: Lake, redis_server: str) -> None:
    """And one that comes is not touched."""
    done: list[bool] = []

    def meanwhile(*_: int) -> None:
        if not done:
            done.append(True)
            remove_import(lake, 1)
            append([record("like")], import_id=3)

    assert remove_most(lake, likes, ["type"], meanwhile).rows == 6
    assert sorted({(row["import_id"], row["type"]) for row in rows(lake)}) == [
        (0, "search"),
        (2, "search"),
        (3, "like"),
    ]


def test_an_import_goes_with_exactly_its_rows(lake: Lake) -> None:
    assert remove_import(lake, 2).rows == 6
    assert {row["import_id"] for row in rows(lake)} == {0, 1}
    assert not (lake.folder / "import-2").exists()
    assert remove_import(lake, 2).rows == 0


def test_what_is_older_goes_and_the_moment_itself_stays(lake: Lake) -> None:
    assert remove_older(lake, MARCH).rows == 6
    assert min(row["timestamp"] for row in rows(lake)) == MARCH
    assert remove_older(lake, datetime(2024, 3, 4, tzinfo=UTC)).rows == 3
    assert remove_older(lake, MARCH).rows == 0


def test_an_environment_without_a_table_has_nothing_to_remove() -> None:
    assert remove_rows(Lake("playground"), likes, ["type"]) == Removed(0, -1, -1)


def test_behind_a_symbolic_link_nothing_is_lost(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    settings.LAKE_DIR = tmp_path / "link" / "lake"
    settings.INDEX_DIR = tmp_path / "link" / "index"
    append([record("like"), record("search")], import_id=1)  # which tidies up
    append([record("search")], import_id=2)
    linked = Lake("production")
    assert len(rows(linked)) == 3
    remove_rows(linked, likes, ["type"])  # which cleans
    assert [row["type"] for row in rows(linked)] == ["search", "search"]
    assert all(part.path.exists() for part in linked.parts())
