"""An index follows its table through whatever happens to it, and reads again no more than it must."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics.index import delta, difference, refresh
from interactions.analytics.index.changes import EVERYTHING, Change, change, covered
from interactions.analytics.index.dictionaries import Dictionaries
from interactions.analytics.index.difference import TooMuch
from interactions.analytics.index.refresh import refreshed
from interactions.contract.tombstones import Tombstones, microseconds
from interactions.warehouse.lake import Lake

from . import tables
from .tables import NOBODY, add, age, built, drop, erase, merge_parts, row, stones, table, undo, whole


class Followed:
    """An index that is brought up to date each time it is looked at."""

    def __init__(self) -> None:
        at = table()
        self.index, self.known = built(at), covered(at.parts, {})
        self.hidden: Tombstones | None = NOBODY
        self.codes = Dictionaries.of(self.index)

    def follow(self, hidden: Tombstones = NOBODY) -> Change:
        at = table(hidden)
        what = change(self.known, covered(at.parts, self.known))
        self.index, self.known = refreshed(self.index, self.known, self.hidden, at, self.codes)
        self.hidden = hidden
        assert whole(self.index) == whole(built(at))
        return what


@pytest.fixture
def followed() -> Followed:
    add([row("u1", "a1", 1), row(None, "a1", 2), row(None, None, 3), row("u2", None, 4)])
    add([row("u2", "a2", minute) for minute in range(10, 20)], import_id=1)
    add([row(None, f"a{minute}", minute) for minute in range(5, 15)], import_id=2)
    return Followed()


def rows_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each reading of whole records gave."""
    counts: list[int] = []
    read, rows_of = refresh.read_events, refresh.rows_of

    def counted(function: Any) -> Any:
        def wrapper(*given: Any, **options: Any) -> Any:
            found = function(*given, **options)
            counts.append(len(found))
            return found

        return wrapper

    monkeypatch.setattr(refresh, "read_events", counted(read))
    monkeypatch.setattr(refresh, "rows_of", counted(rows_of))
    return counts


def test_what_is_appended_comes_in(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = rows_read(monkeypatch)
    add([row("u3", "a5", 30), row("u1", None, 0)])
    add([row(None, None, 31)], import_id=3)
    assert followed.follow().window is None
    assert sum(counts) == 3
    followed.follow()
    assert sum(counts) == 3


def test_the_first_records_of_a_table_come_in() -> None:
    followed = Followed()
    add([row("u1", None, 1)])
    followed.follow()
    assert len(followed.index) == 1


def test_an_import_undone_goes_without_a_look_at_the_table(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    undo(2)
    with mock.patch.object(difference, "_of_rows") as look:
        assert followed.follow().undone == {2}
    look.assert_not_called()


def test_what_an_undone_import_leaves_to_another_stays(followed: Followed) -> None:
    undo(2, to=1)
    followed.follow()
    assert len(followed.index) == 4 + 10 + 5


def test_merged_parts_change_nothing(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    for minute in range(3):
        add([row("u1", None, minute), row(None, "a1", minute)])
    followed.follow()
    runs, counts = followed.index.runs, rows_read(monkeypatch)
    merge_parts()
    assert followed.follow().window is not None
    assert followed.index.runs == runs and not counts


def test_what_is_appended_and_merged_between_two_looks_comes_in(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = rows_read(monkeypatch)
    add([row("u1", None, 1), row("u9", "a1", 25)])
    merge_parts()
    add([row("u1", None, 26)])
    merge_parts()
    followed.follow()
    assert sum(counts) == 3


def test_records_that_grow_old_go(followed: Followed) -> None:
    age(12)
    followed.follow()
    assert followed.index.first == microseconds(tables.DAY) + 12 * 60_000_000


def test_who_was_hidden_and_is_erased_changes_nothing_more(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    people = stones({"u1": 100}, {"a7": 100})
    followed.follow(people)
    erase(people)
    runs, counts = followed.index.runs, rows_read(monkeypatch)
    followed.follow(people)
    followed.follow(NOBODY)
    assert followed.index.runs == runs and not counts


def test_who_is_hidden_no_longer_is_back(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    followed.follow(stones({"u2": 100}))
    counts = rows_read(monkeypatch)
    followed.follow(stones({"u2": 12}))
    followed.follow()
    assert sum(counts) == 11


def test_one_whose_hidden_people_are_not_known_is_compared(followed: Followed) -> None:
    followed.follow(stones({"u2": 100}))
    followed.hidden = None
    followed.follow(stones({"u1": 100}))


def test_any_rows_that_go_are_found(followed: Followed) -> None:
    drop(lambda each: each["keywords"] in ("k12", "k4"), ["keywords"])
    followed.follow()
    assert len(followed.index) == 24 - 3


def test_one_of_two_that_are_told_apart_by_their_content_alone_goes(followed: Followed) -> None:
    add([row("u1", None, 5, keywords="one"), row("u1", None, 5, keywords="other")])
    followed.follow()
    drop(lambda each: each["keywords"] == "one", ["keywords"])
    followed.follow()


def test_a_table_that_is_gone_leaves_nothing(followed: Followed) -> None:
    shutil.rmtree(Path(settings.LAKE_DIR) / "production")
    followed.follow()
    assert not followed.index.runs


def test_records_that_come_once_all_others_were_undone_come_in() -> None:
    add([row("u1", "a1", 1)], import_id=1)
    followed = Followed()
    undo(1)
    followed.follow()
    followed.codes = Dictionaries.of(followed.index)  # as a keeper takes them from what it has written
    add([row("u2", "a1", 2)], import_id=2)
    followed.follow()
    assert len(followed.index) == 1


def test_much_that_is_new_is_left_to_a_build(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "_FEW", 5)
    add([row("u1", None, minute) for minute in range(13)])
    with pytest.raises(TooMuch):
        followed.follow()


def test_much_that_differs_is_left_to_a_build(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "MOST", 5)
    age(6)
    with pytest.raises(TooMuch):
        followed.follow()


def test_parts_of_other_times_and_imports_are_not_looked_at(followed: Followed) -> None:
    add([row("u5", None, 1_000)])
    followed.follow()
    drop(lambda each: each["keywords"] == "k1000", ["keywords"])
    what = change(followed.known, covered(table().parts, followed.known))
    assert what.undone == frozenset() and what.window is not None
    assert [part.rows for part in followed.known.values() if what.window.meets(part)] == [1]
    assert all(EVERYTHING.meets(part) for part in followed.known.values())
    followed.follow()


IDS = st.tuples(st.sampled_from([None, "u1", "u2", "u3"]), st.sampled_from([None, "a1", "a2", "a3"]), st.integers(0, 9))
STEPS = st.one_of(
    st.tuples(st.just("add"), st.lists(IDS, max_size=6), st.integers(0, 3)),
    st.tuples(st.just("undo"), st.integers(1, 3), st.sampled_from([None, 1, 2])),
    st.tuples(st.just("age"), st.integers(0, 9)),
    st.tuples(st.just("merge")),
    st.tuples(st.just("drop"), st.integers(0, 9)),
    st.tuples(st.just("erase")),
    st.tuples(st.just("hide"), st.dictionaries(st.sampled_from(["u1", "u2"]), st.integers(0, 9), max_size=2)),
    st.tuples(st.just("look")),
)


def take(step: tuple) -> None:
    match step:
        case "add", ids, import_id:
            add([row(*each) for each in ids], import_id)
        case "undo", import_id, to:
            undo(import_id, None if to == import_id else to)
        case "age", minute:
            age(minute)
        case ("merge",):
            merge_parts()
        case "drop", minute:
            drop(lambda each: each["keywords"] == f"k{minute}", ["keywords"])


@examples(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=10), is_big=st.booleans())
def test_whatever_happens_to_its_table_it_equals_one_that_is_built(steps: list[tuple], is_big: bool) -> None:
    shutil.rmtree(Path(settings.LAKE_DIR), ignore_errors=True)
    followed, hidden = Followed(), NOBODY
    with mock.patch.object(delta, "BIG", 4 if is_big else 1_000):
        for step in [*steps, ("look",)]:
            match step:
                case "hide", until:
                    hidden = stones(until)
                case ("erase",):
                    erase(hidden)
                case ("look",):
                    followed.follow(hidden)
                case _:
                    take(step)


def test_the_codes_of_what_is_there_stay(followed: Followed) -> None:
    before = followed.index
    add([row("u8", "a8", 40)])
    followed.follow()
    assert followed.index.texts.keywords[: len(before.texts.keywords)].equals(before.texts.keywords)
    assert followed.index.pairs.user[: len(before.pairs)].tolist() == before.pairs.user.tolist()


def test_a_part_that_is_gone_by_now_is_said_to_be(followed: Followed) -> None:
    at = table()
    add([row("u8", "a8", 40)])
    later = table()
    lost = [part for part in later.parts if part not in at.parts]
    lost[0].path.unlink()
    with pytest.raises(FileNotFoundError):
        refreshed(followed.index, followed.known, NOBODY, later, followed.codes)


def test_the_table_is_read_at_one_moment() -> None:
    add([row("u8", "a8", 40)])
    assert table().version == Lake(tables.ENVIRONMENT).version()
    assert replace(table(), parts=()).by_name == {}
