"""Of two who looked at one version of a table, one commits and the other looks again, though both held the lock.

On a disk and in an object store the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import redis
from deltalake import CommitProperties, DeltaTable, Schema, Transaction

from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse.lake import Held, Lake, LakeBusy
from interactions.warehouse.rewrite import remove_rows
from tests.lakes import append, record, written


@pytest.fixture(params=["disk", "store"])
def lake(request: pytest.FixtureRequest, settings: Any, tmp_path: Path, redis_server: str) -> Lake:
    """A table of one part."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = tmp_path / "lake", tmp_path / "scratch"
    settings.CACHE_DIR = tmp_path / "cache"
    if request.param == "store":
        settings.LAKE_URL = request.getfixturevalue("object_store").bucket()
    append([record("like")])
    return Lake("production")


def lose(settings: Any) -> None:
    """As where Redis lost its memory, or the holder was paused for longer than the lock lives."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert client.delete("dojo:lake:production") == 1


def types(lake: Lake) -> list[str]:
    import pyarrow.parquet as pq

    return sorted(kind for path in lake.files() for kind in pq.read_table(path)["type"].to_pylist())


def test_who_looked_before_another_committed_is_refused(lake: Lake, settings: Any) -> None:
    other = Lake("production")
    with lake.lock():
        lose(settings)
        with other.lock() as held:
            other.append([written([record("search")])], mark="other", import_id=2)
            with pytest.raises(LakeBusy, match="the lock was lost"):
                lake.append([written([record("search")])], mark="one", import_id=3)
            held.require()
    assert types(lake) == ["like", "search"]
    with lake.lock():  # it looks again
        lake.append([written([record("view_cart")])], mark="one", import_id=3)
    assert types(lake) == ["like", "search", "view_cart"]


def test_who_commits_at_the_same_moment_is_refused(lake: Lake) -> None:
    """Both have opened the same version, and neither sees what the other does next: the storage decides."""
    with lake.lock(), another_first(lake), pytest.raises(LakeBusy, match="at the same time"):
        lake.append([written([record("search")])], mark="one", import_id=3)
    assert types(lake) == ["like"]
    assert not lake.has_mark("one")


@contextmanager
def another_first(lake: Lake) -> Iterator[None]:
    """Another process commits between a look at the table and the commit."""
    real = DeltaTable.create_write_transaction

    def late(table: DeltaTable, *given: Any, **more: Any) -> None:
        options = dict(lake.storage.options) if lake.storage.options else None
        mark = CommitProperties(app_transactions=[Transaction("turn", 2)])
        schema = Schema.from_arrow(TABLE_SCHEMA)
        other = DeltaTable(lake.storage.address, storage_options=options)
        real(other, [], mode="append", schema=schema, commit_properties=mark)
        real(table, *given, **more)

    with patch.object(DeltaTable, "create_write_transaction", late):
        yield


def test_who_looked_at_the_hidden_before_an_erasure_of_nothing_looks_again(lake: Lake, settings: Any) -> None:
    """Their records, which are on their way, would come after the erasure was verified."""
    with lake.lock():
        lose(settings)
        assert remove_rows(Lake("production"), lambda table: np.zeros(table.num_rows, bool), ["type"]).rows == 0
        with pytest.raises(LakeBusy):
            lake.append([written([record("search")])], mark="one", import_id=3)
    assert types(lake) == ["like"]


def test_a_part_that_another_replaced_is_not_replaced_again(lake: Lake) -> None:
    [part] = lake.parts()
    remove_rows(Lake("production"), lambda table: np.ones(table.num_rows, bool), ["type"])
    with pytest.raises(LakeBusy, match="changed while they were rewritten"):
        lake.replace([part], [written([record("like")])], changes_data=True)
    assert types(lake) == []


def test_a_holder_commits_as_often_as_it_likes(lake: Lake) -> None:
    with lake.lock() as held:
        assert isinstance(held, Held)
        for number in range(3):
            lake.append([written([record("search")])], mark="inbox", version=number + 1, import_id=0)
    assert types(lake) == ["like", *["search"] * 3]


def test_files_that_another_put_before_its_commit_do_not_go_unless_it_has_to_look_again(lake: Lake) -> None:
    """A clean-up knows what was there before its own commit: who put it can't commit any more."""
    other = Lake("production")
    there = other.storage.names()
    with lake.lock():
        lake.append([written([record("search")])], mark="one", import_id=3)
        other.clean(there)
    assert types(lake) == ["like", "search"]
