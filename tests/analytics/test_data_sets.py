"""Pages are answered without the people who are hidden, from the moment they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from interactions.analytics import data_sets as seeing
from interactions.analytics.data_sets import current
from interactions.analytics.index.run import Index
from interactions.analytics.keeper import Keeper
from interactions.contract.tombstones import Tombstones

from .index.tables import ENVIRONMENT, NOBODY, add, built, row, stones, table, whole


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
