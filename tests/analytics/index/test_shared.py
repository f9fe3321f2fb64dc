"""One index for many machines: made by one, kept in a store, fetched by the others. Machines are folders here."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interactions.analytics import keeper as keep
from interactions.analytics.index import manifest, shared, store
from interactions.analytics.keeper import Keeper
from interactions.contract.tombstones import Tombstones
from interactions.object_store import ObjectStoreError
from interactions.objects import Objects
from tests.processes import free_port
from tests.stores import ObjectServer

from .tables import ENVIRONMENT, NOBODY, add, row, stones
from .tables import erase as erase_rows


@pytest.fixture
def objects(object_store: ObjectServer, redis_server: str, settings: Any) -> Objects:
    settings.INDEX_URL = f"{object_store.bucket()}/lake/.index"
    return Objects(f"{settings.INDEX_URL}/{ENVIRONMENT}")


@pytest.fixture
def on(objects: Objects, settings: Any, tmp_path: Path) -> Callable[[str], Keeper]:
    """Be on the machine of this name from here on; its keeper."""

    def machine(name: str) -> Keeper:
        settings.INDEX_DIR = tmp_path / name
        settings.INDEX_DIR.mkdir(exist_ok=True)
        return Keeper(ENVIRONMENT)

    return machine


@pytest.fixture(autouse=True)
def records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "hidden", lambda environment: NOBODY)
    add([row("u1", "a1", 1), row(None, "a1", 2), row("u2", None, 4)])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The versions of the table that an index is built or brought up to, from here on."""
    versions: list[int] = []
    write = Keeper._write

    def noted(self: Keeper, index: Any, *given: Any) -> None:
        versions.append(index.version)
        write(self, index, *given)

    monkeypatch.setattr(Keeper, "_write", noted)
    return versions


def settled(keeper: Keeper) -> int:
    """The version of the table that this machine answers from, once there is nothing left to do."""
    while keeper.turn():
        pass
    index = store.open(ENVIRONMENT)
    assert index is not None
    return index.version


def here() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.folder_of(ENVIRONMENT).iterdir()}


def test_what_one_machine_makes_another_fetches(on: Callable[[str], Keeper], made: list[int]) -> None:
    version = settled(on("one"))
    files = here()
    assert settled(on("two")) == version
    assert here() == files
    assert made == [version]


def test_only_what_is_new_is_fetched(
    on: Callable[[str], Keeper], made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(on("one"))
    settled(on("two"))
    before = set(here())
    settled(on("one"))
    add([row("u3", None, 9)])
    settled(on("one"))
    fetched: list[str] = []
    fetch = Objects.fetch
    monkeypatch.setattr(Objects, "fetch", lambda self, key, path: fetched.append(key) or fetch(self, key, path))
    version = settled(on("two"))
    assert version == made[-1]
    assert fetched
    assert before.isdisjoint(key.removeprefix("files/") for key in fetched)


def test_machines_take_turns_and_build_once(on: Callable[[str], Keeper], made: list[int]) -> None:
    for number, name in enumerate(("one", "two", "one", "two")):
        add([row(f"v{number}", None, 20 + number)])
        settled(on(name))
    assert made == sorted(set(made))
    assert settled(on("one")) == made[-1]
    files = here()
    settled(on("two"))
    assert here() == files


def test_a_folder_that_was_deleted_is_fetched_again(on: Callable[[str], Keeper], made: list[int]) -> None:
    settled(on("one"))
    version = settled(on("two"))
    shutil.rmtree(store.folder_of(ENVIRONMENT))
    assert store.open(ENVIRONMENT) is None
    assert settled(on("two")) == version
    assert len(made) == 1


def test_killed_as_files_are_put_the_old_version_counts(
    on: Callable[[str], Keeper], objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = settled(on("one"))
    add([row("u3", None, 9)])

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Objects, "create", killed)
        with pytest.raises(KeyboardInterrupt):
            on("one").turn()
    strays = set(shared.strays(ENVIRONMENT))
    assert strays
    shared.fetch(ENVIRONMENT) if on("two") else None
    index = store.open(ENVIRONMENT)
    assert index is not None and index.version == version
    assert settled(on("one")) > version  # what was made and not put is put by the next turn
    assert not shared.strays(ENVIRONMENT)


def test_killed_as_files_are_fetched_the_old_version_counts(
    on: Callable[[str], Keeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(on("one"))
    version = settled(on("two"))
    add([row("u3", None, 9)])
    newer = settled(on("one"))
    fetch = Objects.fetch

    def killed(self: Objects, key: str, path: Path) -> int:
        fetch(self, key, path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Objects, "fetch", killed)
        with pytest.raises(KeyboardInterrupt):
            on("two").turn()
    index = store.open(ENVIRONMENT)
    assert index is not None and index.version == version
    assert settled(on("two")) == newer
    assert not store.strays(ENVIRONMENT)


def test_of_two_makers_that_lost_the_lock_one_counts_and_the_other_fetches(
    on: Callable[[str], Keeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(on("one"))
    settled(on("two"))
    add([row("u3", None, 9)])
    put = shared.put

    def late(environment: str) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(shared, "put", put)
            on("one")._make()  # as the lock of the other was lost
            on("two")
        put(environment)

    monkeypatch.setattr(shared, "put", late)
    on("two")._make()
    monkeypatch.setattr(shared, "put", put)
    two = here()
    settled(on("one"))
    assert here() == two


def test_an_erasure_leaves_nothing_in_the_store_and_on_no_machine(
    on: Callable[[str], Keeper], objects: Objects
) -> None:
    add([row("erased-person", "erased-visitor", 7)])
    settled(on("one"))
    settled(on("two"))
    two_before = here()
    assert any(b"erased-person" in content for content in two_before.values()) or two_before
    people: Tombstones = stones({"erased-person": 1_000}, {"erased-visitor": 1_000})
    erase_rows(people)
    on("one")
    keep.erase(ENVIRONMENT, people)
    assert keep.count(ENVIRONMENT, people) == 0
    assert not shared.strays(ENVIRONMENT)
    on("two")
    assert keep._behind() == [ENVIRONMENT]
    keep._catch_up()
    assert keep._behind() == []
    files = here()
    on("one")
    assert here() == files


def test_a_machine_that_can_not_reach_the_store_keeps_no_earlier_version_after_an_erasure(
    on: Callable[[str], Keeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(on("one"))
    settled(on("two"))
    monkeypatch.setattr(keep, "_behind", lambda: [ENVIRONMENT])
    monkeypatch.setattr(shared, "fetch", _away)
    keep._catch_up()
    assert store.open(ENVIRONMENT) is None


def _away(_: str) -> bool:
    raise ObjectStoreError("The store can't be reached.")


def test_without_the_store_the_last_whole_version_is_answered_from(
    on: Callable[[str], Keeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = settled(on("one"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(shared, "_is_newest_by_hint", lambda environment: False)
    monkeypatch.setattr(shared, "_newest", lambda environment: _away(environment))
    with pytest.raises(ObjectStoreError):
        on("one").turn()
    index = store.open(ENVIRONMENT)
    assert index is not None and index.version == version


def test_removing_an_index_removes_it_everywhere(on: Callable[[str], Keeper], objects: Objects) -> None:
    settled(on("one"))
    settled(on("two"))
    on("one")
    keep.remove(ENVIRONMENT)
    assert [key for key, _ in objects.names() if key.startswith("files/")] == []
    on("two")
    assert shared.fetch(ENVIRONMENT)
    assert manifest.read(store.folder_of(ENVIRONMENT)) is None
    assert settled(on("two")) >= 0
