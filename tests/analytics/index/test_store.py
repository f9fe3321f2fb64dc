"""An index on the disk is the old version or the new one, and what it no longer needs is gone."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from interactions import identity, process_caches
from interactions.analytics.index import arrow_files, manifest, store
from interactions.analytics.index.build import build
from interactions.analytics.index.forget import forgotten

from ...lakes import Record, record
from .stored import NOBODY, SITE, added_to, built, files, opened, says, text_bytes, tombstones_of
from .test_build_of_parts import clicks, in_parts


def test_what_is_written_is_what_is_opened() -> None:
    index = built(clicks(200))
    assert says(store.write(index)) == says(index)
    again = opened()
    assert says(again) == says(index)
    assert (again.environment, again.version, again.first, again.last) == (SITE, 1, index.first, index.last)
    assert [(run.nobody, run.dead) for run in again.runs] == [(run.nobody, None) for run in index.runs]
    assert [run.people.tolist() for run in again.runs] == [run.people.tolist() for run in index.runs]


@pytest.mark.parametrize("records", [[], [record()], [record(user_id="ann")]], ids=["none", "nobody's", "one"])
def test_of_next_to_nothing(records: list[Record]) -> None:
    store.write(built(records))
    assert says(opened()) == says(built(records))
    assert len(opened()) == len(records)


def test_its_arrays_are_views_of_files() -> None:
    store.write(built(clicks(50)))
    index = opened()
    assert not any(array.flags.owndata for run in index.runs for array in (run.at, run.products, run.people))


def test_there_is_none_before_one_is_written() -> None:
    assert store.open(SITE) is None
    assert store.note(SITE) == b""


def test_it_is_mapped_once_until_there_is_another() -> None:
    first = store.write(built(clicks(20)))
    assert store.open(SITE) is first
    second = store.write(replace(first, version=2))
    assert store.open(SITE) is second
    assert second.version == 2


def test_what_an_older_version_maps_stays_usable() -> None:
    older = store.write(built(clicks(100)))
    before = says(older)
    store.write(built(clicks(100, seed=2), 2))
    assert says(older) == before


def test_another_process_is_seen_to_have_written() -> None:
    store.write(built(clicks(20)))
    _in_a_fork(lambda: store.write(built(clicks(30), 2)))
    found = store.open(SITE)
    assert found is not None
    assert (found.version, len(found)) == (2, 30)


def test_a_build_is_taken_from_its_draft(tmp_path: Path) -> None:
    parts = in_parts(clicks(100), 2)
    with store.draft(SITE) as folder:
        index = build(SITE, 4, parts, NOBODY, folder)
        made = {path.name: path.stat().st_ino for path in folder.iterdir()}
        store.write(index)
        assert list(folder.iterdir()) == []
    assert made.items() <= files().items()
    assert not list(store.folder_of(SITE).glob("draft-*"))
    assert says(opened()) == says(built(clicks(100)))


def test_a_draft_that_was_left_is_removed_by_the_next() -> None:
    left = store.folder_of(SITE) / "draft-0123"
    left.mkdir(parents=True)
    (left / "half.arrow").write_bytes(b"half")
    with store.draft(SITE):
        assert not left.exists()


def test_a_build_that_breaks_off_leaves_nothing() -> None:
    def build_half() -> None:
        with store.draft(SITE) as folder:
            (folder / "half.arrow").write_bytes(b"half")
            raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        build_half()
    assert list(store.folder_of(SITE).iterdir()) == []


def test_the_note_is_that_of_the_version() -> None:
    index = store.write(built(clicks(20)), b"one")
    assert store.note(SITE) == b"one"
    store.write(index, b"two")
    assert store.note(SITE) == b"two"
    assert len(files("*.note")) == 1


def test_removed_it_is_as_if_there_had_never_been_one() -> None:
    store.write(built(clicks(20)))
    store.remove(SITE)
    assert store.open(SITE) is None
    assert not store.folder_of(SITE).exists()
    store.remove(SITE)


def test_an_erasure_has_processes_let_go_of_it() -> None:
    first = store.write(built(clicks(20)))
    process_caches.CACHES["event indexes"].empty()
    assert store.open(SITE) is not first


class TestAVersionThatFollows:
    def test_leaves_runs_and_texts_where_they_are(self) -> None:
        index = store.write(built(clicks(300)))
        before = files("*.arrow")
        index = store.write(added_to(index, clicks(3, seed=9)))
        stays = {name: place for name, place in files("*.arrow").items() if before.get(name) == place}
        assert {f"{name}-events.arrow" for name in _names_of_runs(0)} <= stays.keys()
        assert says(opened()) == says(index) == says(added_to(built(clicks(300)), clicks(3, seed=9)))

    def test_leaves_no_other_files(self) -> None:
        index = store.write(built(clicks(100)))
        for seed in range(5):
            index = store.write(added_to(index, clicks(5, seed=seed)))
        named = manifest.read(store.folder_of(SITE)).names
        assert {name.split("-")[0].split(".")[0] for name in files()} == named | {"manifest"}

    def test_says_who_is_dead(self) -> None:
        index = store.write(built([record(user_id=name) for name in ("ann", "ben", "cat")]))
        index = store.write(added_to(index, [record(user_id="ben")]))
        dead = [run.dead for run in opened().runs if run.dead is not None]
        assert [each.sum() for each in dead] == [1]
        index = store.write(added_to(index, [record(user_id="cat")]))
        assert sorted(int(run.dead.sum()) for run in opened().runs if run.dead is not None) == [2]

    def test_does_not_write_again_who_was_dead_before(self) -> None:
        index = store.write(built([record(user_id=name) for name in ("ann", "ben", "cat")]))
        index = store.write(added_to(index, [record(user_id="ben")]))
        before = {run.name: run.dead for run in manifest.read(store.folder_of(SITE)).runs}
        store.write(replace(index, version=9))
        assert {run.name: run.dead for run in manifest.read(store.folder_of(SITE)).runs} == before

    def test_maps_no_file_again_that_stayed(self) -> None:
        first = store.write(built(clicks(300)))
        second = store.write(added_to(first, [record(user_id="new")]))
        assert second.runs[0].at is first.runs[0].at
        assert [one.page.chunk(0).equals(first.texts.page.chunk(0)) for one in (second.texts,)] == [True]

    def test_writes_few_files_of_texts_however_many_came_before(self) -> None:
        index = store.write(built([record(page_url="https://shop.example/")]))
        for number in range(40):
            index = store.write(added_to(index, [record(page_url=f"https://shop.example/{number}")]))
        chunks = opened().texts.page.num_chunks
        assert chunks <= 7  # 41 texts: 1 + the logarithm
        assert len(opened().texts.page) == 41


def test_of_who_is_forgotten_no_file_has_a_trace() -> None:
    secret = {"page_url": "https://shop.example/for-ann", "campaign_name": "dear ann", "product_ids": ["ann's"]}
    index = store.write(built([record(user_id="ann", anonymous_id="phone", **secret), *clicks(60)]))
    index = store.write(added_to(index, [record(user_id="ann", keywords="ann's words")]))
    key = identity.keyring().key("ann").to_bytes(8, "little", signed=True)
    assert all(each in text_bytes() for each in (key, b"for-ann", b"dear ann", b"ann's", b"ann's words"))
    store.write(forgotten(index, tombstones_of("ann")))
    assert [each for each in (key, b"for-ann", b"dear ann", b"ann's", b"ann's words") if each in text_bytes()] == []
    assert says(opened()) == says(built(clicks(60)))


class TestAnIndexThatCannotBeUsed:
    def test_is_of_another_format(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store.write(built(clicks(20)))
        monkeypatch.setattr(manifest, "FORMAT", manifest.FORMAT + 1)
        self._is_none()

    def test_has_a_damaged_manifest(self) -> None:
        store.write(built(clicks(20)))
        path = store.folder_of(SITE) / manifest.NAME
        path.write_bytes(path.read_bytes()[:-20])
        self._is_none()

    def test_lacks_a_file(self) -> None:
        store.write(built(clicks(20)))
        next(store.folder_of(SITE).glob("*-events.arrow")).unlink()
        self._is_none()

    def test_names_people_by_other_keys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store.write(built(clicks(20)))
        path = store.folder_of(SITE) / manifest.NAME
        path.write_bytes(path.read_bytes().replace(identity.keyring().check.encode(), b"0" * 32))
        self._is_none()

    def _is_none(self) -> None:
        store._forget()
        assert store.open(SITE) is None
        store.write(built(clicks(30)))
        assert len(opened()) == 30


def test_a_full_disk_leaves_the_old_version_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    old = store.write(built(clicks(30)))
    before, new = files(), added_to(old, clicks(30, seed=2))
    write, left = arrow_files.write, 4

    def until_it_is_full(*given: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*given)

    with monkeypatch.context() as patched:
        patched.setattr(arrow_files, "write", until_it_is_full)
        with pytest.raises(OSError, match="No space"):
            store.write(new)
    assert files() == before
    assert says(opened()) == says(built(clicks(30)))
    assert says(store.write(new)) == says(new)


@pytest.mark.parametrize("first", [True, False], ids=["the first", "a later one"])
def test_killed_at_any_moment_of_a_write_the_old_version_stays_or_the_new_one_is_there(first: bool) -> None:
    new = built(clicks(40, seed=2), 2)
    old, found = None, set()
    if not first:
        old = store.write(built(clicks(30)), b"old")
        new = added_to(old, clicks(10, seed=2))
    expected = {1: None if old is None else says(old), 2: says(new)}
    step = 0
    while _in_a_fork(partial(store.write, new, b"new"), dies_before=step):
        step += 1
        store._forget()
        index = store.open(SITE)
        if index is None:
            assert first
            continue
        assert says(index) == expected[index.version]
        assert store.note(SITE) == {1: b"old", 2: b"new"}[index.version]
        found.add(index.version)
        if index.version == 2:  # what follows is tidying up: begin anew for the next step
            store.remove(SITE)
            if old is not None:
                old = store.write(built(clicks(30)), b"old")
                new = added_to(old, clicks(10, seed=2))
    assert step > 20
    assert found == ({2} if first else {1, 2})
    store._forget()
    store.write(new)
    named = manifest.read(store.folder_of(SITE)).names
    assert {name.split("-")[0].split(".")[0] for name in files()} == named | {"manifest"}


def _in_a_fork(do: Callable[[], object], dies_before: int | None = None) -> bool:
    """Do it in another process, which is killed before the given step on the disk; whether it was."""
    child = os.fork()
    if not child:
        try:
            if dies_before is not None:
                _die_before(dies_before)
            do()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def _die_before(step: int) -> None:
    left = [step]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        changes = event in ("os.rename", "os.remove", "os.mkdir") or (event == "open" and "w" in str(arguments[1]))
        if changes and str(store.folder_of(SITE)) in str(arguments[0]):
            if not left[0]:
                os._exit(9)
            left[0] -= 1

    sys.addaudithook(hook)


def _names_of_runs(first: int) -> list[str]:
    return [run.name for run in manifest.read(store.folder_of(SITE)).runs[first : first + 1]]
