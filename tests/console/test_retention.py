"""The Retention page: who comes back, by when they first came."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from tests.lakes import append, record
from tests.pages import HTMX, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("emptied_cache", "own_folders")]

PAGE = "/production/interactions/retention/"
VIEW, BUY = "product_detail_page_view", "checkout"


def did(who: str, *deeds: tuple[str, str]) -> list[dict[str, Any]]:
    return [record(type_, f"{day}T12:00:00Z", user_id=who, product_ids=["p1"]) for day, type_ in deeds]


def some_weeks() -> None:
    """Four people of the week of January 1, 2024, a Monday, and one of the week after."""
    append(
        [
            *did("ann", ("2024-01-01", VIEW), ("2024-01-09", BUY), ("2024-01-21", VIEW)),
            *did("bob", ("2024-01-03", VIEW), ("2024-01-10", VIEW), ("2024-01-11", VIEW)),
            *did("eve", ("2024-01-07", BUY)),
            *did("kim", ("2024-01-02", VIEW), ("2024-01-20", BUY)),
            *did("lee", ("2024-01-08", VIEW), ("2024-01-21", VIEW)),
        ]
    )


def table(client: Client, query: str = "unit=week") -> list[list[str]]:
    content = client.get(f"{PAGE}?{query}&format=csv").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def test_the_page_comes_at_once_and_asks_for_its_figures(admin_client: Client) -> None:
    some_weeks()
    page = text_of(admin_client, PAGE)
    assert f'hx-get="{PAGE}"' in page
    assert "returns-title" not in page


def test_people_are_counted_in_the_week_of_their_first_interaction_and_in_each_in_which_they_come_back(
    admin_client: Client,
) -> None:
    some_weeks()
    assert table(admin_client) == [
        ["week (UTC)", "people", "week 0", "week 1", "week 2"],
        ["2024-01-01", "4", "4", "2", "2"],
        ["2024-01-08", "1", "1", "1", ""],
        ["2024-01-15", "0", "0", "", ""],
    ]


def test_a_first_and_a_returning_type_can_be_chosen(admin_client: Client) -> None:
    some_weeks()
    assert table(admin_client, f"unit=week&first={VIEW}&returning={BUY}")[1:] == [
        ["2024-01-01", "3", "0", "1", "1"],
        ["2024-01-08", "1", "0", "0", ""],
        ["2024-01-15", "0", "0", "", ""],
    ]


def test_whoever_came_before_the_period_is_not_new_in_it(admin_client: Client) -> None:
    some_weeks()
    assert table(admin_client, "unit=week&from=2024-01-08&to=2024-01-21")[1:] == [
        ["2024-01-08", "1", "1", "1"],
        ["2024-01-15", "0", "0", ""],
    ]


def test_the_first_row_has_the_shares_of_all_people_for_whom_the_week_is_over(admin_client: Client) -> None:
    some_weeks()
    fragment = text_of(admin_client, f"{PAGE}?unit=week", **HTMX)
    whole = re.search(r'class="returns-all">(.*?)</tr>', fragment, re.DOTALL)
    assert whole
    # Three of five came back a week later, two of four two weeks later.
    assert re.findall(r">([\d.,%]+)<", whole[1]) == ["5", "100.0%", "60.0%", "50.0%"]


@pytest.mark.parametrize(("last_day", "is_cut"), [("2024-01-10", True), ("2024-01-14", False)])
def test_a_week_that_the_period_cuts_off_is_not_complete(admin_client: Client, last_day: str, is_cut: bool) -> None:
    some_weeks()
    assert ("is-so-far" in text_of(admin_client, f"{PAGE}?unit=week&to={last_day}", **HTMX)) is is_cut


def test_the_unit_fits_the_period_by_itself(admin_client: Client) -> None:
    some_weeks()
    assert table(admin_client, "")[0][0] == "day (UTC)"


def test_where_nobody_first_came_in_a_period_the_page_says_so(admin_client: Client) -> None:
    some_weeks()
    assert "No new people in this period" in text_of(admin_client, f"{PAGE}?from=2023-01-01&to=2023-02-01", **HTMX)


def test_an_unknown_type_is_said_and_left_out(admin_client: Client) -> None:
    some_weeks()
    assert "first=nonsense in the address" in text_of(admin_client, f"{PAGE}?first=nonsense")


def test_without_interactions_the_page_offers_an_import(admin_client: Client) -> None:
    assert "has no people yet" in text_of(admin_client, PAGE)
