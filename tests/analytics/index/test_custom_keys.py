"""A key of custom_context is indexed once somebody filters by it, and kept as every other column is from then on."""

from __future__ import annotations

import msgspec
import pytest

from interactions.analytics.filters import Filter
from interactions.analytics.index import custom_keys, store
from interactions.analytics.index.custom_keys import MOST, KeyBeingIndexed, require, wanted
from interactions.analytics.index.run import Index
from interactions.analytics.keeper import Keeper, count, erase
from interactions.analytics.reports import context_keys, totals

from .tables import ENVIRONMENT, add, row, stones, undo
from .tables import erase as erase_rows

GOLD, SILVER = Filter(**{"custom_context.plan": "gold"}), Filter(**{"custom_context.plan": "silver"})


def extra(text: str) -> str:
    return f'{{"context":{{"custom_context":{text}}}}}'


@pytest.fixture(autouse=True)
def plans() -> None:
    add([row("u1", "a1", 1, extra=extra('{"plan":"gold"}')), row("u2", None, 2, extra=extra('{"plan":"silver"}'))])
    add([row(None, None, 3, extra=extra('{"plan":"gold","n":1}')), row("u2", None, 4)], import_id=1)


def settled() -> Index:
    keeper = Keeper(ENVIRONMENT)
    while keeper.turn():
        pass
    index = store.open(ENVIRONMENT)
    assert index is not None
    return index


def ask() -> Index:
    """An index that has the plans, as it is once somebody has asked for them."""
    with pytest.raises(KeyBeingIndexed):
        totals.count(settled(), GOLD)
    return settled()


def plans_in(index: Index) -> list[str]:
    return [each["value"] for each in index.texts.custom.to_pylist() if each is not None]


def test_who_asks_first_is_told_and_the_keeper_builds_it() -> None:
    index = settled()
    assert index.custom_keys == () and not len(index.texts.custom)
    with pytest.raises(KeyBeingIndexed, match=r"Dojo is indexing custom_context.plan"):
        totals.count(index, GOLD)
    index = settled()
    assert index.custom_keys == ("plan",)
    assert (totals.count(index, GOLD), totals.count(index, SILVER)) == (2, 1)
    assert totals.count(index, Filter().having(is_not=True, **{"custom_context.plan": "gold"})) == 2


def test_what_comes_and_goes_is_in_it_as_in_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    ask()
    monkeypatch.setattr("interactions.analytics.keeper.build", None)  # not to be built anew
    add([row("u3", "a1", minute, extra=extra('{"plan":"gold"}')) for minute in range(5, 9)], import_id=2)
    assert totals.count(settled(), GOLD) == 6
    undo(1)
    assert totals.count(settled(), GOLD) == 5
    undo(2)
    assert totals.count(settled(), GOLD) == 1


def test_it_is_there_again_where_the_folder_was_removed() -> None:
    ask()
    store.remove(ENVIRONMENT)
    assert settled().custom_keys == ("plan",)


def test_values_that_only_erased_people_had_are_not_kept() -> None:
    ask()
    gone = stones({"u1": 100, "u2": 100})
    erase_rows(gone)
    erase(ENVIRONMENT, gone)
    index = settled()
    assert count(ENVIRONMENT, gone) == 0
    assert plans_in(index) == ["gold"]
    files = b"".join(path.read_bytes() for path in store.folder_of(ENVIRONMENT).rglob("*") if path.is_file())
    assert b"gold" in files and b"silver" not in files


def test_the_keys_that_were_filtered_by_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    for number in range(MOST):
        now += 10_000
        with pytest.raises(KeyBeingIndexed):
            require(ENVIRONMENT, (), f"key {number}")
    now += 10_000
    require(ENVIRONMENT, ("key 0",), "key 0")
    with pytest.raises(KeyBeingIndexed):
        require(ENVIRONMENT, (), "another")
    assert len(wanted(ENVIRONMENT)) == MOST
    assert {"key 0", "another", "key 2"} <= set(wanted(ENVIRONMENT)) and "key 1" not in wanted(ENVIRONMENT)


def test_a_note_of_use_that_is_damaged_counts_as_none() -> None:
    with pytest.raises(KeyBeingIndexed):
        require(ENVIRONMENT, (), "plan")
    custom_keys._path(ENVIRONMENT).write_bytes(b'{"plan":')
    assert wanted(ENVIRONMENT) == ()
    custom_keys._path(ENVIRONMENT).write_bytes(msgspec.json.encode(["plan"]))
    assert wanted(ENVIRONMENT) == ()


def test_keys_that_occur_are_suggested_the_usual_ones_first(monkeypatch: pytest.MonkeyPatch) -> None:
    add([row("u9", None, 9, extra=extra('{"list":["x"],"none":null,"ann":"x"}'))])
    usual, *others = context_keys.occurring(ENVIRONMENT)
    assert usual == "plan" and sorted(others) == ["ann", "n"]
    monkeypatch.setattr("interactions.analytics.engine.hidden", lambda environment: stones({"u9": 100}))
    assert context_keys.occurring(ENVIRONMENT) == ["plan", "n"]
