"""A folder that all machines have, on a real S3 server; each machine's copy is a folder here."""

from __future__ import annotations

from pathlib import Path

import pytest

from interactions.objects import Objects
from interactions.warehouse import shared_folder
from interactions.warehouse.shared_folder import SharedFolder
from tests.processes import free_port
from tests.stores import ObjectServer


@pytest.fixture
def machines(object_store: ObjectServer, tmp_path: Path) -> tuple[SharedFolder, SharedFolder]:
    url = f"{object_store.bucket()}/lake/.overlaps/production"
    one, two = SharedFolder(tmp_path / "one", url), SharedFolder(tmp_path / "two", url)
    for each in (one, two):
        each.fetch()
    return one, two


def put(on: SharedFolder, name: str, content: bytes) -> None:
    (on.folder / "new.draft").write_bytes(content)
    on.put(on.folder / "new.draft", name)


def files(on: SharedFolder) -> dict[str, bytes]:
    on.fetch()
    return {path.name: path.read_bytes() for path in on.folder.iterdir()}


def test_what_one_machine_writes_all_have(machines: tuple[SharedFolder, SharedFolder]) -> None:
    one, two = machines
    put(one, "1.parquet", b"first")
    put(two, "2.parquet", b"second")
    assert files(one) == files(two) == {"1.parquet": b"first", "2.parquet": b"second"}


def test_a_file_that_is_replaced_or_removed_is_so_everywhere(machines: tuple[SharedFolder, SharedFolder]) -> None:
    one, two = machines
    put(one, "1.parquet", b"first")
    put(one, "2.parquet", b"other")
    assert len(files(two)) == 2
    put(one, "1.parquet", b"FIRST")  # of the same size
    one.remove("2.parquet")
    assert files(two) == {"1.parquet": b"FIRST"}


def test_only_what_changed_is_fetched(
    machines: tuple[SharedFolder, SharedFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = machines
    put(one, "1.parquet", b"first")
    files(two)
    put(one, "2.parquet", b"second")
    fetched: list[str] = []
    fetch = Objects.fetch

    def noted(self: Objects, key: str, path: Path) -> int:
        fetched.append(key)
        return fetch(self, key, path)

    monkeypatch.setattr(Objects, "fetch", noted)
    files(two)
    files(two)
    assert fetched == ["2.parquet"]


def test_who_asks_each_second_lists_the_store_for_another_version_or_after_a_while(
    machines: tuple[SharedFolder, SharedFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = machines
    two.fetch_for(7)
    put(one, "1.parquet", b"of version 8")
    two.fetch_for(7)
    assert list(two.folder.iterdir()) == []
    two.fetch_for(8)
    assert [path.name for path in two.folder.iterdir()] == ["1.parquet"]
    one.remove("1.parquet")
    monkeypatch.setattr(shared_folder, "_FRESH_SECONDS", -1.0)
    two.fetch_for(8)
    assert list(two.folder.iterdir()) == []


def test_a_copy_is_gone_where_the_store_can_not_be_asked(
    machines: tuple[SharedFolder, SharedFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = machines
    put(one, "1.parquet", b"of somebody who was erased")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(Objects, "tags", _away)
    one.catch_up()
    assert not one.folder.exists()


def _away(_: Objects) -> dict[str, str]:
    raise OSError("The store can't be reached.")


def test_without_a_store_it_is_a_folder(tmp_path: Path) -> None:
    alone = SharedFolder(tmp_path / "alone", "")
    alone.folder.mkdir()
    put(alone, "1.parquet", b"first")
    assert files(alone) == {"1.parquet": b"first"}
    alone.remove("1.parquet")
    assert files(alone) == {}
