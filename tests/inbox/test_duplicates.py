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


def test_an_untimed_record_a_day_later_is_another(production: Environment, lake: Lake) -> None:
    call(production, like("ann"))
    inbox.append(production)
    call(production, like("ann"), after=25 * 3600)
    inbox.append(production)
    assert users(lake) == ["ann", "ann"]


def test_records_of_different_content_are_all_kept(production: Environment, lake: Lake) -> None:
    call(production, like("ann"))
    inbox.append(production)
    call(production, like("ann", product_ids=["p"]), {**like("ann"), "type": "dislike"})
    inbox.append(production)
    assert len(rows(lake)) == 3
