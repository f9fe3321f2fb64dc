"""A client that did not see the answer sends again: that adds nothing, and what is meant twice stays twice."""

import pytest

from interactions.ingest import live
from interactions.models import Environment
from interactions.warehouse.lake import Lake
from tests.ingest.live.entries import call, like, rows, users, with_uuid

TIMED = like("ann", timestamp="2026-05-04T11:59:00Z")


@pytest.mark.parametrize("record", [TIMED, with_uuid("1", user_id="ann")])
@pytest.mark.parametrize("appended_between", [False, True])
def test_a_call_that_is_sent_again_adds_nothing(
    production: Environment, lake: Lake, record: dict[str, object], appended_between: bool
) -> None:
    bob = like("bob", timestamp="2026-05-04T11:58:00Z")
    call(production, record, bob)
    if appended_between:
        live.append(production)
    call(production, record, bob, after=3)
    live.append(production)
    assert users(lake) == ["ann", "bob"]


def test_equal_records_of_one_call_are_all_kept(production: Environment, lake: Lake) -> None:
    call(production, TIMED, TIMED, TIMED)
    live.append(production)
    assert len(rows(lake)) == 3


@pytest.mark.parametrize("appended_between", [False, True])
def test_a_call_with_more_copies_adds_those_that_are_more(
    production: Environment, lake: Lake, appended_between: bool
) -> None:
    call(production, TIMED, TIMED)
    if appended_between:
        live.append(production)
    call(production, TIMED, TIMED, TIMED, after=1)
    live.append(production)
    assert len(rows(lake)) == 3


@pytest.mark.parametrize("appended_between", [False, True])
def test_a_uuid_seen_again_is_the_same_record_whatever_else_it_says(
    production: Environment, lake: Lake, appended_between: bool
) -> None:
    call(production, with_uuid("1", user_id="ann"), with_uuid("2"))
    if appended_between:
        live.append(production)
    call(production, with_uuid("1", user_id="bob"), with_uuid("3"), with_uuid("3", user_id="eve"), after=5)
    live.append(production)
    assert len(rows(lake)) == 3
    assert "bob" not in users(lake)


@pytest.mark.parametrize("appended_between", [False, True])
@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_equal_records_with_neither_time_nor_uuid_are_all_kept(
    production: Environment, lake: Lake, seconds: int, appended_between: bool
) -> None:
    for number in range(3):
        call(production, like("ann"), after=seconds * number)
        if appended_between:
            live.append(production)
    live.append(production)
    assert users(lake) == ["ann"] * 3


def test_they_are_kept_among_others_that_are_there_already(production: Environment, lake: Lake) -> None:
    call(production, like("ann"), TIMED)
    live.append(production)
    call(production, TIMED, like("ann"), with_uuid("1", user_id="bob"), like("ann"), with_uuid("1"), after=2)
    live.append(production)
    assert users(lake) == ["ann"] * 4 + ["bob"]


@pytest.mark.parametrize("record", [TIMED, with_uuid("1", user_id="ann")], ids=["timed", "uuid"])
def test_a_record_with_time_or_uuid_is_the_same_hours_later(
    production: Environment, lake: Lake, record: dict[str, object]
) -> None:
    call(production, record)
    live.append(production)
    call(production, record, after=20 * 3600)
    live.append(production)
    assert users(lake) == ["ann"]


def test_records_of_different_content_are_all_kept(production: Environment, lake: Lake) -> None:
    call(production, like("ann"))
    live.append(production)
    call(production, like("ann", product_ids=["p"]), {**like("ann"), "type": "dislike"})
    live.append(production)
    assert len(rows(lake)) == 3
