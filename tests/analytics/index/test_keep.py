"""The keeper of an index: whatever happens to the table, the process or the folder, what is opened is whole."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from interactions.analytics import data_sets as current
from interactions.analytics import keeper as keep
from interactions.analytics.data_sets import IndexBeingBuilt, IndexState, standing, up_to_date
from interactions.analytics.index import manifest, merge, refresh, store
from interactions.analytics.index.run import Index
from interactions.analytics.keeper import IndexBusy, Keeper, alone, count, erase
from interactions.contract.tombstones import Tombstones
from interactions.warehouse.lake import Lake

from .tables import (
    ENVIRONMENT,
    NOBODY,
    add,
    age,
    built,
    drop,
    merge_parts,
    row,
    stones,
    table,
    undo,
    whole,
)
from .tables import erase as erase_rows


@pytest.fixture
def hides(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tombstones], None]:
    """Has people hidden from here on, and nobody else."""

    def hide(people: Tombstones) -> None:
        monkeypatch.setattr(keep, "hidden", lambda environment: people)

    hide(NOBODY)
    return hide


@pytest.fixture(autouse=True)
def nobody_hidden(hides: Callable[[Tombstones], None]) -> None:
    add([row("u1", "a1", 1), row(None, "a1", 2), row(None, None, 3), row("u2", None, 4)])
    add([row("u2", "a2", minute) for minute in range(10, 20)], import_id=1)


def opened() -> Index:
    index = store.open(ENVIRONMENT)
    assert index is not None
    return index


def settled(keeper: Keeper | None = None) -> Index:
    """The index once there is nothing left to do."""
    keeper = keeper or Keeper(ENVIRONMENT)
    while keeper.turn():
        pass
    return opened()


def builds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The versions that are built from here on."""
    versions: list[int] = []
    build = keep.build

    def counted(environment: str, version: int, *given: Any) -> Index:
        versions.append(version)
        return build(environment, version, *given)

    monkeypatch.setattr(keep, "build", counted)
    return versions


def test_the_first_turn_builds_and_the_next_has_nothing_to_do() -> None:
    keeper = Keeper(ENVIRONMENT)
    assert keeper.turn()
    assert whole(opened()) == whole(built(table()))
    assert not keeper.turn()


def test_a_table_without_records_has_an_index_without_events() -> None:
    shutil.rmtree(settings.LAKE_DIR)
    assert len(settled()) == 0 and opened().version == -1


@pytest.mark.parametrize(
    "happens",
    [
        lambda: add([row("u9", "a1", 30), row(None, None, 31)]),
        lambda: undo(1),
        lambda: undo(1, to=5),
        lambda: age(12),
        merge_parts,
        lambda: drop(lambda each: each["keywords"] == "k11", ["keywords"]),
    ],
    ids=["append", "undo", "hand over", "retention", "compaction", "rewrite"],
)
def test_it_follows_its_table_without_a_build(happens: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    add([row("u1", None, 21)])
    keeper = Keeper(ENVIRONMENT)
    settled(keeper)
    versions = builds(monkeypatch)
    happens()
    assert whole(settled(keeper)) == whole(built(table()))
    assert opened().version == Lake(ENVIRONMENT).version()
    assert versions == []


def test_another_process_goes_on_where_one_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    settled()
    versions = builds(monkeypatch)
    add([row("u9", "a1", 30)])
    undo(1)
    assert whole(settled(Keeper(ENVIRONMENT))) == whole(built(table()))
    assert versions == []


def test_people_who_are_hidden_go_and_come_back(hides: Callable[[Tombstones], None]) -> None:
    keeper, people = Keeper(ENVIRONMENT), stones({"u2": 15}, {"a1": 100})
    settled(keeper)
    hides(people)
    assert whole(settled(keeper)) == whole(built(table(people)))
    for each in (keeper, Keeper(ENVIRONMENT)):
        hides(stones({"u2": 12}))
        assert whole(settled(each)) == whole(built(table(stones({"u2": 12}))))
    hides(NOBODY)
    assert whole(settled(Keeper(ENVIRONMENT))) == whole(built(table()))


def test_who_is_hidden_no_more_is_there_for_whoever_asks_at_once(hides: Callable[[Tombstones], None]) -> None:
    hides(stones({"u2": 100}))
    assert len(up_to_date(ENVIRONMENT)) == 3
    hides(NOBODY)
    assert len(up_to_date(ENVIRONMENT)) == 14


def test_much_that_is_new_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    settled()
    versions = builds(monkeypatch)
    monkeypatch.setattr(refresh, "_FEW", 5)
    add([row("u5", None, minute) for minute in range(20)])
    assert whole(settled()) == whole(built(table()))
    assert versions == [Lake(ENVIRONMENT).version()]


def test_a_folder_that_was_deleted_is_built_again() -> None:
    keeper = Keeper(ENVIRONMENT)
    settled(keeper)
    shutil.rmtree(settings.INDEX_DIR)
    assert store.open(ENVIRONMENT) is None
    assert whole(settled(keeper)) == whole(built(table()))


@pytest.mark.parametrize("more", [0, 1, 2], ids=["an earlier version", "the same version", "a later version"])
def test_the_index_of_a_table_that_another_took_the_place_of_is_not_answered_from(
    more: int, tmp_path: Path, hides: Callable[[Tombstones], None]
) -> None:
    keeper, before = Keeper(ENVIRONMENT), Path(settings.LAKE_DIR) / ENVIRONMENT
    shutil.copytree(before, tmp_path / "backup")
    add([row("u7", "a2", minute) for minute in range(30, 33)])
    settled(keeper)
    shutil.rmtree(before)
    shutil.copytree(tmp_path / "backup", before)
    for number in range(more):
        add([row("u8", None, 40 + number)])
    assert len(up_to_date(ENVIRONMENT)) == 14 + more
    assert whole(opened()) == whole(built(table()))
    assert standing(ENVIRONMENT).version == opened().version == Lake(ENVIRONMENT).version()
    assert not keeper.turn()


def test_nobody_is_answered_from_the_index_of_a_replaced_table_while_it_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "INDEX_EAGERLY", False)
    settled()
    shutil.rmtree(settings.LAKE_DIR)
    add([row("u8", None, 40)])
    build, asked = keep.build, list[IndexState]()

    def looked_at(*given: Any) -> Index:
        asked.append(standing(ENVIRONMENT))
        with pytest.raises(IndexBeingBuilt):
            current.opened(ENVIRONMENT)
        return build(*given)

    monkeypatch.setattr(keep, "build", looked_at)
    assert Keeper(ENVIRONMENT).turn()
    assert asked == [IndexState(version=-1, is_behind=True, is_empty=False)]
    assert len(current.opened(ENVIRONMENT)) == 1


def test_an_index_of_another_format_is_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    settled()
    monkeypatch.setattr(manifest, "FORMAT", manifest.FORMAT + 1)
    store._forget()
    versions = builds(monkeypatch)
    assert whole(settled()) == whole(built(table()))
    assert len(versions) == 1
    assert not store.strays(ENVIRONMENT)


def test_an_index_that_nothing_is_known_of_is_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(settled(), b"something else")
    versions = builds(monkeypatch)
    assert whole(settled()) == whole(built(table()))
    assert len(versions) == 1


def test_runs_stay_few() -> None:
    keeper = Keeper(ENVIRONMENT)
    for minute in range(30):
        add([row(f"v{minute}", None, minute), row("u1", None, minute), row(None, None, minute)])
        settled(keeper)
        assert len(opened().runs) <= merge.MOST + merge.MOST_OF_NOBODY
    assert whole(opened()) == whole(built(table()))


def test_large_runs_are_merged_once_nothing_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "LARGE", 3)
    monkeypatch.setattr(merge, "LARGE", 3)
    monkeypatch.setattr(merge, "MOST", 2)
    keeper = Keeper(ENVIRONMENT)
    for minute in range(4):
        add([row(f"v{minute}", None, minute), row("u1", None, minute), row(None, None, minute)])
        keeper.turn()
    assert len([run for run in opened().runs if not run.nobody]) > 2
    assert whole(settled(keeper)) == whole(built(table()))
    assert len([run for run in opened().runs if not run.nobody]) <= 2


def test_two_keepers_are_not_at_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with alone(ENVIRONMENT) as is_alone:
        assert is_alone
        assert not Keeper(ENVIRONMENT).turn()
        monkeypatch.setattr(keep, "_WAIT_SECONDS", 0.0)
        with pytest.raises(IndexBusy, match="Try again"):
            erase(ENVIRONMENT, stones({"u1": 100}))
        with alone("another") as is_alone_there:
            assert is_alone_there
    assert Keeper(ENVIRONMENT).turn()


def test_a_table_that_is_rewritten_meanwhile_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper(ENVIRONMENT)
    settled(keeper)
    add([row("u7", None, 7)])
    before = keep.table_of(ENVIRONMENT)
    undo(1)
    merge_parts()
    looks = iter([before])
    look = keep.table_of
    monkeypatch.setattr(keep, "table_of", lambda environment: next(looks, None) or look(environment))
    assert keeper.turn()
    assert whole(settled(keeper)) == whole(built(table()))


def test_a_part_that_is_lost_is_an_error() -> None:
    keeper = Keeper(ENVIRONMENT)
    settled(keeper)
    add([row("u7", None, 7)])
    known = {part.path for part in keep.table_of(ENVIRONMENT).parts}
    add([row("u8", None, 8)])
    [lost] = {part.path for part in keep.table_of(ENVIRONMENT).parts} - known
    lost.unlink()
    with pytest.raises(FileNotFoundError):
        keeper.turn()


def test_erased_people_leave_nothing(hides: Callable[[Tombstones], None]) -> None:
    keeper, people = Keeper(ENVIRONMENT), stones({"u2": 100})
    add([row("u3", None, minute) for minute in range(20, 60)], import_id=2)
    settled(keeper)
    assert count(ENVIRONMENT, people) == 11
    hides(people)
    settled(keeper)
    assert count(ENVIRONMENT, people) == 11, "Nobody sees them, and they are there."
    erase_rows(people)
    erase(ENVIRONMENT, people)
    assert count(ENVIRONMENT, people) == 0
    assert _texts_in_files().isdisjoint({b"k15", b"p15"}) and b"k1" in _texts_in_files()
    hides(NOBODY)
    assert whole(settled(keeper)) == whole(built(table()))
    assert count(ENVIRONMENT, people) == 0


def test_erasing_removes_what_cannot_be_read() -> None:
    settled()
    store.write(opened(), b"something else")
    erase(ENVIRONMENT, stones({"u2": 100}))
    assert store.open(ENVIRONMENT) is None
    assert not list((Path(settings.INDEX_DIR) / ENVIRONMENT).glob("*"))


def test_a_file_that_is_left_over_counts() -> None:
    settled()
    (Path(settings.INDEX_DIR) / ENVIRONMENT / "0123456789abcdef-events.arrow").write_bytes(b"anybody's")
    assert count(ENVIRONMENT, NOBODY) == 1
    erase(ENVIRONMENT, NOBODY)
    assert count(ENVIRONMENT, NOBODY) == 0


def _texts_in_files() -> set[bytes]:
    """Of the words that tests write, those in any file of the index."""
    found = b"".join(path.read_bytes() for path in Path(settings.INDEX_DIR).rglob("*") if path.is_file())
    return {word for word in (b"k1", b"k15", b"p15") if word in found}


class _Moments:
    """Copies of the folder of indexes, one before each time that a file in it is opened, renamed or removed."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.copies = folder, list[Path]()
        self._is_looking = False
        sys.addaudithook(self._look)  # for as long as the process lives

    @contextmanager
    def kept(self) -> Iterator[list[Path]]:
        self._is_looking = True
        try:
            yield self.copies
        finally:
            self._is_looking = False

    def _look(self, event: str, given: tuple[Any, ...]) -> None:
        if not self._is_looking or event not in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"):
            return
        if not str(given[0]).startswith(str(settings.INDEX_DIR)):
            return
        self._is_looking = False
        place = self._folder / str(len(self.copies))
        shutil.copytree(settings.INDEX_DIR, place)
        self.copies.append(place)
        self._is_looking = True


@pytest.fixture
def moments(tmp_path: Path) -> _Moments:
    return _Moments(tmp_path / "moments")


@pytest.mark.parametrize("what", ["build", "append", "undo", "merge", "erase"])
def test_a_kill_at_any_moment_leaves_the_old_index_or_the_new(
    what: str, moments: _Moments, monkeypatch: pytest.MonkeyPatch, hides: Callable[[Tombstones], None]
) -> None:
    people = stones({"u2": 100})
    if what != "build":
        settled()
    before = whole(opened()) if what != "build" else None
    if what == "append":
        add([row("u9", "a1", 30), row(None, None, 31), row("u2", None, 1)])
    elif what == "undo":
        undo(1)
    elif what == "merge":
        add([row("u2", None, 1)])
        Keeper(ENVIRONMENT).turn()
        monkeypatch.setattr(merge, "MOST", 1)
        monkeypatch.setattr(merge, "LARGE", 2)
        before = whole(opened())
    elif what == "erase":
        hides(people)
        settled()
        before = whole(opened())
        erase_rows(people)
    with moments.kept() as copies:
        erase(ENVIRONMENT, people) if what == "erase" else Keeper(ENVIRONMENT).turn()
    after = whole(opened())
    assert what == "build" or len(copies) > 5
    hides(NOBODY)
    for copy in copies:
        settings.INDEX_DIR = copy
        found = store.open(ENVIRONMENT)
        assert (None if found is None else whole(found)) in (before, after)
        if what == "erase":
            erase(ENVIRONMENT, people)
            assert count(ENVIRONMENT, people) == 0
        assert whole(settled()) == whole(built(table()))
        assert not store.strays(ENVIRONMENT)
