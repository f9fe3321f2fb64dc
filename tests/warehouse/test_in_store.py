"""A table in an object store: nodes keep copies of its parts, and what is erased is neither there nor with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.contract.schema import FOR_GOOD
from interactions.contract.tombstones import Person, Tombstones
from interactions.objects import Objects
from interactions.warehouse import cache, people
from interactions.warehouse.compact import compact
from interactions.warehouse.copies import forget_copies
from interactions.warehouse.lake import Lake, local
from interactions.warehouse.rewrite import remove_rows
from tests.lakes import append, key_of, record
from tests.stores import ObjectServer


@pytest.fixture
def lake(settings: Any, tmp_path: Path, object_store: ObjectServer, redis_server: str) -> Lake:
    """Three parts, of imports 1 and 2 and of live records; the folders are those of a node called here."""
    settings.LAKE_URL = f"{object_store.bucket()}/some/prefix"
    settings.LAKE_DIR, settings.SCRATCH_DIR = tmp_path / "none", tmp_path / "scratch"
    move_to(settings, tmp_path / "here")
    for import_id in (1, 2, 0):
        append([record("like", user_id=f"u{import_id}"), record("search", user_id="all")], import_id=import_id)
    return Lake("production")


def move_to(settings: Any, node: Path) -> Path:
    settings.CACHE_DIR = node / "cache"
    return node


def objects(settings: Any) -> list[str]:
    return sorted(name for name, _ in Objects(f"{settings.LAKE_URL}/production").names())


def users(lake: Lake) -> list[str]:
    return sorted(user for path in lake.files() for user in pq.read_table(path)["user_id"].to_pylist())


def of(user: str) -> Any:
    return lambda table: np.array([value == user for value in table["user_id"].to_pylist()])


def copies(settings: Any) -> list[Path]:
    return sorted(path for path in Path(settings.CACHE_DIR).rglob("*") if path.is_file())


def test_another_node_reads_what_one_has_written(lake: Lake, settings: Any, tmp_path: Path) -> None:
    before = lake.state()
    move_to(settings, tmp_path / "there")
    there = Lake("production")
    assert there.version() == before[0] == 3
    assert users(there) == ["all", "all", "all", "u0", "u1", "u2"]
    assert len(copies(settings)) == 3
    assert not Path(settings.LAKE_DIR).exists()


def test_a_part_is_fetched_once(lake: Lake, settings: Any, tmp_path: Path) -> None:
    move_to(settings, tmp_path / "there")
    with patch.object(Objects, "fetch", autospec=True, side_effect=Objects.fetch) as fetch:
        for _ in range(2):
            local(Lake("production").parts())
        assert fetch.call_count == 3


def test_the_node_that_wrote_a_part_fetches_nothing(lake: Lake) -> None:
    with patch.object(Objects, "fetch") as fetch:
        users(lake)
    assert not fetch.called


def test_copies_stay_within_their_limit_and_one_that_is_read_stays_readable(
    lake: Lake, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_to(settings, tmp_path / "there")
    parts = Lake("production").parts()
    settings.CACHE_MAX_BYTES = max(part.size for part in parts)
    monkeypatch.setattr(cache, "_IN_USE_SECONDS", -1)
    with pa.memory_map(str(parts[0].path)) as mapped:
        for part in parts[1:]:
            assert part.path.exists()
        assert not parts[0].file.exists()
        assert pq.read_table(mapped).num_rows == parts[0].rows
    assert len(copies(settings)) == 1
    assert parts[0].path.exists()  # and it can be fetched again


def test_a_download_that_is_cut_off_is_no_copy(lake: Lake, settings: Any, tmp_path: Path) -> None:
    move_to(settings, tmp_path / "there")

    def cut(self: Objects, key: str, path: Path) -> int:
        path.write_bytes(b"PAR1")
        raise ConnectionError

    [first, *_] = Lake("production").parts()
    with patch.object(Objects, "fetch", cut), pytest.raises(ConnectionError):
        _ = first.path
    assert copies(settings) == []


def test_only_parts_that_hold_the_rows_are_written_anew_and_no_more_is_fetched_than_the_columns(
    lake: Lake, settings: Any, tmp_path: Path
) -> None:
    move_to(settings, tmp_path / "there")
    there = Lake("production")
    before = {part.import_id: part.name for part in there.parts()}
    with patch.object(Objects, "fetch", autospec=True, side_effect=Objects.fetch) as fetch:
        assert remove_rows(there, of("u1"), ["user_id"]).rows == 1
        assert not fetch.called
    after = {part.import_id: part.name for part in there.parts()}
    assert {number for number in before if before[number] == after[number]} == {0, 2}
    assert "u1" not in users(there)


def test_after_an_erasure_only_what_the_table_names_is_in_the_store(lake: Lake, settings: Any) -> None:
    Objects(f"{settings.LAKE_URL}/production").put("import-7/killed.parquet", b"x")
    remove_rows(lake, of("all"), ["user_id"])
    named = sorted(f"{part.file.parent.name}/{part.file.name}" for part in lake.parts())
    assert [name for name in objects(settings) if not name.startswith("_delta_log")] == named
    log = [name for name in objects(settings) if name.startswith("_delta_log") and name.endswith(".json")]
    assert len(log) <= 1, log


def test_absence_is_read_from_the_store_and_an_unreadable_object_counts(lake: Lake, settings: Any) -> None:
    stones = Tombstones.of([])
    everybody = Tombstones.of([(key_of("u1"), None, FOR_GOOD)])
    assert people.count(lake, everybody) == {Person(user_key=key_of("u1")): 1}
    Objects(f"{settings.LAKE_URL}/production").put("import-7/killed.parquet", b"x")
    assert people.count(lake, stones) == {Person(): 1}


def test_a_node_forgets_copies_of_what_another_erased(lake: Lake, settings: Any, tmp_path: Path) -> None:
    here = settings.CACHE_DIR
    users(lake)
    move_to(settings, tmp_path / "there")
    remove_rows(Lake("production"), of("u1"), ["user_id"])
    settings.CACHE_DIR = here
    assert people.count_copies("production", Tombstones.of([(key_of("u1"), None, FOR_GOOD)])).total() == 1
    forget_copies()
    assert people.count_copies("production", Tombstones.of([(key_of("u1"), None, FOR_GOOD)])).total() == 0
    assert len(copies(settings)) == 2


def test_what_was_being_fetched_when_copies_were_forgotten_is_no_copy(
    lake: Lake, settings: Any, tmp_path: Path
) -> None:
    move_to(settings, tmp_path / "there")
    [first, *_] = Lake("production").parts()
    real = Objects.fetch

    def late(self: Objects, key: str, path: Path) -> int:
        size = real(self, key, path)
        forget_copies()
        return size

    with patch.object(Objects, "fetch", late), pytest.raises(FileNotFoundError):
        _ = first.path
    assert copies(settings) == []


def test_where_the_store_cannot_be_asked_all_copies_are_forgotten(
    lake: Lake, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    users(lake)
    monkeypatch.setattr(Lake, "parts", lambda self: (_ for _ in ()).throw(ConnectionError()))
    forget_copies()
    assert copies(settings) == []


def test_copies_of_a_lake_that_is_no_longer_used_go(lake: Lake, settings: Any) -> None:
    users(lake)
    settings.LAKE_URL = ""
    forget_copies()
    assert copies(settings) == []


def test_small_parts_are_merged(lake: Lake) -> None:
    for number in range(30):
        append([record("search", user_id=f"live{number}")], import_id=0)
    assert compact(lake) > 20
    assert len(lake.parts()) < 10
    assert len(users(lake)) == 36
