"""A client that did not see the answer sends again: that adds nothing, and what is meant twice stays twice."""

import pytest

from interactions import inbox
from interactions.lake import Lake
from interactions.models import Environment
from tests.inbox.entries import call, like, rows, users, with_uuid

TIMED = like("ann", timestamp="2026-05-04T11:59:00Z")


@pytest.mark.parametrize("record", [like("ann"), TIMED, with_uuid("1", user_id="ann")])
@pytest.mark.parametrize("appended_between", [False, True])
def test_a_call_that_is_sent_again_adds_nothing(
    production: Environment, lake: Lake, record: dict[str, object], appended_between: bool
) -> None:
    call(production, record, like("bob"))
    if appended_between:
        inbox.append(production)
    call(production, record, like("bob"), after=3)
    inbox.append(production)
    assert users(lake) == ["ann", "bob"]


def test_equal_records_of_one_call_are_all_kept(production: Environment, lake: Lake) -> None:
    call(production, TIMED, TIMED, TIMED)
    inbox.append(production)
    assert len(rows(lake)) == 3


@pytest.mark.parametrize("appended_between", [False, True])
def test_a_call_with_more_copies_adds_those_that_are_more(
    production: Environment, lake: Lake, appended_between: bool
) -> None:
    call(production, TIMED, TIMED)
    if appended_between:
        inbox.append(production)
    call(production, TIMED, TIMED, TIMED, after=1)
    inbox.append(production)
    assert len(rows(lake)) == 3


@pytest.mark.parametrize("appended_between", [False, True])
def test_a_uuid_seen_again_is_the_same_record_whatever_else_it_says(
    production: Environment, lake: Lake, appended_between: bool
) -> None:
    call(production, with_uuid("1", user_id="ann"), with_uuid("2"))
    if appended_between:
        inbox.append(production)
    call(production, with_uuid("1", user_id="bob"), with_uuid("3"), with_uuid("3", user_id="eve"), after=5)
    inbox.append(production)
    assert len(rows(lake)) == 3
    assert "bob" not in users(lake)


@pytest.mark.parametrize("appended_between", [False, True])
@pytest.mark.parametrize(("minutes", "kept"), [(9, 1), (11, 2)])
def test_an_equal_record_without_time_and_uuid_is_a_retry_for_ten_minutes(
    production: Environment, lake: Lake, minutes: int, kept: int, appended_between: bool
) -> None:
    call(production, like("ann"))
    if appended_between:
        inbox.append(production)
    call(production, like("ann"), after=60 * minutes)
    inbox.append(production)
    assert users(lake) == ["ann"] * kept


def test_only_the_copies_of_the_last_ten_minutes_are_matched(production: Environment, lake: Lake) -> None:
    for minutes in (0, 8, 16):  # the third comes ten minutes after the first, and not after the second
        call(production, *[like("ann")] * 2, after=60 * minutes)
        inbox.append(production)
    assert users(lake) == ["ann"] * 4


@pytest.mark.parametrize("record", [TIMED, with_uuid("1", user_id="ann")], ids=["timed", "uuid"])
def test_a_record_with_time_or_uuid_is_the_same_hours_later(
    production: Environment, lake: Lake, record: dict[str, object]
) -> None:
    call(production, record)
    inbox.append(production)
    call(production, record, after=20 * 3600)
    inbox.append(production)
    assert users(lake) == ["ann"]


def test_records_of_different_content_are_all_kept(production: Environment, lake: Lake) -> None:
    call(production, like("ann"))
    inbox.append(production)
    call(production, like("ann", product_ids=["p"]), {**like("ann"), "type": "dislike"})
    inbox.append(production)
    assert len(rows(lake)) == 3
