"""Pages are answered without the people who are hidden, from the moment they are."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from interactions.analytics import data_sets as seeing
from interactions.analytics.data_sets import IndexBeingBuilt, IndexState, current, opened, settled, standing
from interactions.analytics.index.run import Index
from interactions.analytics.keeper import Keeper
from interactions.contract.tombstones import Tombstones

from .index.tables import ENVIRONMENT, NOBODY, add, built, row, stones, table, undo, whole


@pytest.fixture(autouse=True)
def hides(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tombstones], None]:
    """Has people hidden, of whom the keeper doesn't know yet."""

    def hide(people: Tombstones) -> None:
        monkeypatch.setattr(seeing, "hidden", lambda environment: people)

    hide(NOBODY)
    return hide


def seen() -> Index:
    index = current(ENVIRONMENT)
    assert index is not None
    return index


def test_without_an_index_there_is_none() -> None:
    assert current(ENVIRONMENT) is None


def test_who_is_hidden_is_left_out_before_the_keeper_comes_by(hides: Callable[[Tombstones], None]) -> None:
    add([row("u1", "a1", 1), row(None, "a1", 2), row("u2", "a1", 3)])
    Keeper(ENVIRONMENT).turn()
    everyone = seen()
    assert len(everyone) == 3 and seen() is everyone
    people = stones({"u2": 100})
    hides(people)
    left = seen()
    assert whole(left) == whole(built(table(people)))
    assert seen() is left and len(everyone) == 3
    hides(NOBODY)
    assert seen() is everyone


def test_a_newer_version_leaves_them_out_too(hides: Callable[[Tombstones], None]) -> None:
    people = stones({"u2": 100})
    add([row("u1", None, 1), row("u2", None, 2)])
    Keeper(ENVIRONMENT).turn()
    hides(people)
    assert len(seen()) == 1
    add([row("u2", None, 3), row("u3", None, 4)])
    Keeper(ENVIRONMENT).turn()
    assert whole(seen()) == whole(built(table(people)))


@pytest.fixture
def beside_a_keeper(settings: Any) -> None:
    """Whoever asks leaves it to the keeper to bring the index up to date."""
    settings.INDEX_EAGERLY = False


def test_an_index_of_nothing_is_not_answered_from_once_there_are_records(beside_a_keeper: None) -> None:
    assert len(opened(ENVIRONMENT)) == 0
    Keeper(ENVIRONMENT).turn()
    assert len(opened(ENVIRONMENT)) == 0
    add([row("u1", None, 1)])
    with pytest.raises(IndexBeingBuilt):
        opened(ENVIRONMENT)
    assert standing(ENVIRONMENT) == IndexState(version=-1, is_behind=True, is_empty=False)
    Keeper(ENVIRONMENT).turn()
    assert len(opened(ENVIRONMENT)) == 1


def test_an_index_of_hidden_people_alone_is_answered_from(
    beside_a_keeper: None, hides: Callable[[Tombstones], None]
) -> None:
    add([row("u1", None, 1)])
    Keeper(ENVIRONMENT).turn()
    hides(stones({"u1": 100}))
    assert len(opened(ENVIRONMENT)) == 0


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A keeper beside the test, that comes by at the third pause; the pauses."""
    made: list[float] = []

    def pause(seconds: float) -> None:
        made.append(seconds)
        if len(made) == 3:
            Keeper(ENVIRONMENT).turn()

    monkeypatch.setattr(seeing, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=pause))
    return made


@pytest.mark.parametrize("what", ["first import", "another import", "undo"])
def test_a_page_that_asks_once_waits_for_what_an_import_did(
    what: str, beside_a_keeper: None, pauses: list[float]
) -> None:
    add([row("u1", None, 1)], import_id=1)
    if what != "first import":
        Keeper(ENVIRONMENT).turn()
        add([row("u2", None, 2)], import_id=2)
        if what == "undo":
            Keeper(ENVIRONMENT).turn()
            undo(2)
    assert len(settled(ENVIRONMENT)) == (2 if what == "another import" else 1)
    assert len(pauses) == 3


def test_live_records_keep_no_page_waiting(beside_a_keeper: None, pauses: list[float]) -> None:
    add([row("u1", None, 1)], import_id=1)
    Keeper(ENVIRONMENT).turn()
    add([row("u2", None, 2)])
    assert len(settled(ENVIRONMENT)) == 1 and standing(ENVIRONMENT).is_behind
    assert not pauses


def test_no_page_waits_long_for_a_keeper_that_is_away(beside_a_keeper: None, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: next(moments) / 4, sleep=lambda seconds: None)
    monkeypatch.setattr(seeing, "time", clock)
    add([row("u1", None, 1)], import_id=1)
    Keeper(ENVIRONMENT).turn()
    add([row("u2", None, 2)], import_id=2)
    assert len(settled(ENVIRONMENT)) == 1
    assert next(moments) < 100
