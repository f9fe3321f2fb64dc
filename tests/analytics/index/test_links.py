"""Links between ids that no record bears together: the index takes them for one person's, as long as they are there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from interactions.analytics import keeper as keep
from interactions.analytics.index import store
from interactions.analytics.index.forget import forgotten
from interactions.analytics.index.run import LINK, Index
from interactions.analytics.keeper import Keeper
from interactions.analytics.reports.audience import audience
from interactions.contract.tombstones import Tombstones
from interactions.warehouse import links
from tests.lakes import key_of

from .tables import ENVIRONMENT, NOBODY, add, records_of, row, stones, table, whole


@pytest.fixture(autouse=True)
def linked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Which users and visitors are linked; nobody is hidden."""
    pairs: list[tuple[str, str]] = []

    def found(environment: str, hidden: Tombstones | None = None, *, version: int | None = None) -> np.ndarray:
        return np.unique(np.array([list(map(key_of, pair)) for pair in pairs], np.int64).reshape(-1, 2), axis=0)

    monkeypatch.setattr(links, "pairs", found)
    monkeypatch.setattr(keep, "hidden", lambda environment: NOBODY)
    add([row("u1", None, 1), row(None, "a1", 2), row(None, "a1", 3), row("u2", "a2", 4), row(None, "a2", 5)])
    return pairs


def turned() -> Index:
    """The index once the keeper has done all that there is to do."""
    keeper = Keeper(ENVIRONMENT)
    while keeper.turn():
        pass
    index = store.open(ENVIRONMENT)
    assert index is not None
    return index


def people(index: Index) -> dict[str, int]:
    """How many live events everybody has, by whose key it is."""
    names = {key_of(name): name for name in ("u1", "u2", "u3", "a1", "a2")}
    found: dict[str, int] = {}
    for run in index.runs:
        dead = np.zeros(len(run.people)) if run.dead is None else run.dead
        for key, count, is_dead in zip(run.people.tolist(), np.diff(run.starts).tolist(), dead.tolist(), strict=True):
            if not is_dead:
                found[names[key]] = count
    return found


def built(pairs: list[tuple[str, str]]) -> Index:
    from interactions.analytics.index.build import build_table

    return build_table(records_of(table()), NOBODY, ENVIRONMENT, table().version, links.pairs(ENVIRONMENT))


def same(one: Index, other: Index) -> bool:
    return bool(whole(one) == whole(other))


def test_a_visitor_belongs_to_the_user_whom_a_link_names(linked: list[tuple[str, str]]) -> None:
    linked.append(("u1", "a1"))
    assert people(turned()) == {"u1": 3, "u2": 2}
    assert people(built(linked)) == {"u1": 3, "u2": 2}


def test_a_link_that_comes_and_goes_moves_the_visitor_s_events(linked: list[tuple[str, str]]) -> None:
    assert people(turned()) == {"u1": 1, "a1": 2, "u2": 2}
    linked.append(("u1", "a1"))
    assert people(turned()) == {"u1": 3, "u2": 2}
    assert same(turned(), built(linked))
    linked.clear()
    assert people(turned()) == {"u1": 1, "a1": 2, "u2": 2}
    assert same(turned(), built(linked))


def test_a_link_may_name_a_user_without_any_record(linked: list[tuple[str, str]]) -> None:
    linked.append(("u3", "a1"))
    assert people(turned()) == {"u1": 1, "u3": 2, "u2": 2}
    add([row("u3", None, 9), row(None, "a1", 10)])
    assert people(turned()) == {"u1": 1, "u3": 4, "u2": 2}
    assert same(turned(), built(linked))


def test_a_visitor_linked_with_a_second_user_is_shared(linked: list[tuple[str, str]]) -> None:
    linked.append(("u1", "a2"))
    index = turned()
    assert people(index) == {"u1": 1, "a1": 2, "u2": 1, "a2": 1}
    found = audience(index)
    assert (found.linked, found.shared) == (0, 1)


def test_a_link_is_no_event(linked: list[tuple[str, str]]) -> None:
    linked.append(("u1", "a1"))
    index = turned()
    found = audience(index)
    assert (len(index), found.people, found.users, found.linked) == (5, 2, 2, 2)


@pytest.mark.parametrize("gone", [stones({"u1": 99}), stones(visitors={"a1": 99})], ids=["user", "visitor"])
def test_of_an_erased_person_no_link_stays(linked: list[tuple[str, str]], gone: Tombstones) -> None:
    linked.append(("u1", "a1"))
    index = forgotten(turned(), gone)
    assert not (index.pairs.has == LINK).any()
    keys: Any = index.pairs.visitor if len(gone.anonymous) else index.pairs.user
    assert key_of("a1" if len(gone.anonymous) else "u1") not in keys
