"""A table in an object store: nodes keep copies of its parts, and what is erased is neither there nor with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, Schema

from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.schema import FOR_GOOD
from interactions.contract.tombstones import Person, Tombstones
from interactions.objects import Objects
from interactions.warehouse import cache, log, people, said, storage
from interactions.warehouse.compact import compact
from interactions.warehouse.copies import forget_copies
from interactions.warehouse.lake import Lake, local
from interactions.warehouse.rewrite import remove_rows
from interactions.warehouse.steady import steady
from tests.lakes import append, key_of, record
from tests.processes import free_port
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
    # As all who read: a process that has just begun to follow erasures may be told to forget what it fetches.
    files = steady(lake.files)
    return sorted(user for path in files for user in pq.read_table(path)["user_id"].to_pylist())


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


def commit_elsewhere(lake: Lake) -> DeltaTable:
    """As another process does: what this one has read of the table stays as it was."""
    table = DeltaTable(lake.storage.address, storage_options=dict(lake.storage.options or {}))
    table.create_write_transaction([], mode="append", schema=Schema.from_arrow(TABLE_SCHEMA))
    return table


def test_who_looks_again_and_again_asks_for_the_next_commit_and_lists_no_log(lake: Lake) -> None:
    before, kept = lake.version(), log._kept[lake.folder]
    listed_at = kept.listed_at
    assert [lake.version() for _ in range(3)] == [before] * 3
    assert kept.listed_at == listed_at
    commit_elsewhere(lake)
    assert lake.version() == before + 1
    assert kept.listed_at > listed_at


def test_a_page_trusts_what_others_say_and_asks_the_store_where_nobody_does(lake: Lake) -> None:
    before = lake.state()[0]
    with patch.object(Objects, "exists") as asked, patch.object(Objects, "get"):
        assert lake.state(trusts=True)[0] == before
        assert not asked.called
    commit_elsewhere(lake)
    assert lake.state(trusts=True)[0] == before  # nobody has said so yet
    assert lake.state()[0] == lake.state(trusts=True)[0] == before + 1
    commit_elsewhere(lake)
    said._client().flushdb()
    assert lake.state(trusts=True)[0] == before + 2


def test_where_the_store_is_away_a_page_has_the_last_version_and_does_not_ask_again_at_once(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lake.state(trusts=True)
    monkeypatch.setattr(said, "said", lambda address: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    assert lake.state(trusts=True) == before
    monkeypatch.setattr(storage.InStore, "is_newest", lambda *_: pytest.fail("It asks again."))
    assert lake.state(trusts=True) == before


def test_where_the_store_is_away_whoever_has_to_know_is_told(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.state()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(log.LakeAway, match="can't be reached"):
        lake.state()


def test_who_commits_says_so(lake: Lake, settings: Any) -> None:
    version = append([record("like")], import_id=7)
    assert said.said(lake.storage.address) == version == lake.version()


def test_without_redis_pages_ask_the_store(lake: Lake, settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/none"
    assert lake.state(trusts=True)[0] == lake.version()


def test_a_commit_that_was_cleaned_away_is_seen_by_the_checkpoint_in_its_place(lake: Lake) -> None:
    before = lake.version()
    commit_elsewhere(lake)
    other = commit_elsewhere(lake)
    other.update_incremental()
    other.create_checkpoint()
    other.cleanup_metadata()
    assert lake.storage.committed_at(before + 1) is None
    assert lake.version() == before + 2


def test_a_log_is_listed_after_a_while_whatever_its_objects_say(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lake.version()
    monkeypatch.setattr(type(lake.storage), "is_newest", lambda self, version: True)
    commit_elsewhere(lake)
    assert lake.version() == before
    monkeypatch.setattr(log, "_LISTED_SECONDS", -1.0)
    assert lake.version() == before + 1


def test_a_table_that_only_has_a_checkpoint_exists(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_met", set())
    lake.clean()
    assert not any(name.endswith("0000.json") for name, _ in Objects(f"{lake.storage.address}/_delta_log").names())
    assert lake.exists() and not Lake("playground").exists()


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


def test_what_was_being_fetched_while_other_copies_were_forgotten_is_fetched_again(
    lake: Lake, settings: Any, tmp_path: Path
) -> None:
    move_to(settings, tmp_path / "there")
    [first, *_] = Lake("production").parts()
    real, asked = Objects.fetch, []

    def late(self: Objects, key: str, path: Path) -> int:
        size = real(self, key, path)
        if not asked:
            forget_copies()
        asked.append(key)
        return size

    with patch.object(Objects, "fetch", late):
        assert first.path.exists()
    assert len(asked) == 2


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
