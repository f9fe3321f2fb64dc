"""The Breakdown page: a measure for each value of a property."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.test import Client

from interactions.analytics.properties import PROPERTIES, Measure
from interactions.console.breakdown.words import MEASURES, WORDS
from tests import cast
from tests.lakes import append, key_of, record
from tests.pages import HTMX, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("emptied_cache", "own_folders")]

PAGE = "/production/interactions/breakdown/"
VIEW, BUY = "product_detail_page_view", "checkout"


@pytest.fixture
def shop() -> None:
    """Three people of two regions, one of whom buys, and a record of nobody without a region."""
    append(
        [
            record(VIEW, "2024-01-01T10:00:00Z", user_id="ann", region="Kent", product_ids=["p1", "p2"]),
            record(VIEW, "2024-01-02T10:00:00Z", user_id="ann", region="Bath", product_ids=["p1"]),
            record(BUY, "2024-01-02T11:00:00Z", user_id="ann", region="Bath", product_ids=["p1"], revenue=12.5),
            record(VIEW, "2024-01-03T10:00:00Z", user_id="bob", region="Kent"),
            record(VIEW, "2024-01-04T10:00:00Z", anonymous_id="eve", region="Kent", extra=PLUS),
            record(VIEW, "2024-01-04T12:00:00Z", page_url="https://shop.example/a?x=1"),
        ]
    )


PLUS = '{"context":{"custom_context":{"plan":"plus"}}}'


def table(client: Client, query: str) -> list[list[str]]:
    content = client.get(f"{PAGE}?{query}&format=csv").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def names(fragment: str) -> list[str]:
    return re.findall(r'<tr data-name="([^"]*)"', fragment)


def test_the_page_comes_at_once_and_asks_for_its_figures(admin_client: Client, shop: None) -> None:
    page = text_of(admin_client, PAGE)
    assert f'hx-get="{PAGE}"' in page
    assert "breakdown-title" not in page


def test_people_count_once_for_each_region(admin_client: Client, shop: None) -> None:
    assert table(admin_client, "measure=people&by=region") == [
        ["Region", "people", "share"],
        ["Kent", "3", "1"],
        ["Bath", "1", "0.333333333333333"],
    ]


def test_records_without_a_value_have_a_row_of_their_own(admin_client: Client, shop: None) -> None:
    assert table(admin_client, "measure=records&by=region")[1:] == [
        ["Kent", "3", "0.5"],
        ["Bath", "2", "0.333333333333333"],
        ["(none)", "1", "0.166666666666667"],
    ]


def test_a_conversion_is_by_people_who_did_the_goal_whatever_their_record_with_the_value_was(
    admin_client: Client, shop: None
) -> None:
    assert table(admin_client, "measure=conversion&by=region") == [
        ["Region", "people", "converted", "conversion", "share"],
        ["Kent", "3", "1", "0.333333333333333", "1"],
        ["Bath", "1", "1", "1", "0.333333333333333"],
    ]


def test_revenue_is_divided_among_products(admin_client: Client, shop: None) -> None:
    assert table(admin_client, "measure=revenue&by=product")[1:] == [["p1", "", "12.5", "1"]]


def test_a_key_of_custom_context_is_indexed_when_it_is_first_asked_for(admin_client: Client, shop: None) -> None:
    query = "measure=records&by=custom.plan"
    assert "Dojo is indexing custom_context.plan" in text_of(admin_client, f"{PAGE}?{query}", **HTMX)
    assert table(admin_client, query)[1:] == [["plus", "1", "0.166666666666667"], ["(none)", "5", "0.833333333333333"]]


def test_each_value_links_to_the_page_filtered_by_it(admin_client: Client, shop: None) -> None:
    fragment = text_of(admin_client, f"{PAGE}?by=region&measure=people", **HTMX)
    (link,) = re.findall(r'href="([^"]*)" title="Filter by Bath"', fragment)
    assert link == "?region=Bath&amp;measure=people&amp;by=region"
    assert names(text_of(admin_client, PAGE + link.replace("&amp;", "&"), **HTMX)) == ["Bath"]


@pytest.mark.parametrize("by", PROPERTIES)
@pytest.mark.parametrize("measure", Measure)
def test_every_property_and_measure_has_its_page(admin_client: Client, shop: None, by: str, measure: Measure) -> None:
    page = text_of(admin_client, f"{PAGE}?by={by}&measure={measure}&figures=now")
    assert "breakdown-title" in page


def test_every_measure_and_property_has_words() -> None:
    assert set(MEASURES) == set(Measure) and set(WORDS) == set(PROPERTIES)


def test_a_text_finds_values_that_contain_it(admin_client: Client, shop: None) -> None:
    assert names(text_of(admin_client, f"{PAGE}?by=region&find=KEN", **HTMX)) == ["Kent"]
    assert 'No value contains "x"' in text_of(admin_client, f"{PAGE}?by=region&find=x", **HTMX).replace("&quot;", '"')


def test_a_value_is_compared_with_the_period_before(admin_client: Client, shop: None) -> None:
    fragment = text_of(admin_client, f"{PAGE}?by=region&from=2024-01-02&to=2024-01-02", **HTMX)
    assert "Compared with Jan 1, 2024" in fragment
    assert "new" in fragment.split('<tr data-name="Bath"')[1].split("</tr>")[0]
    assert "Change" not in text_of(admin_client, f"{PAGE}?by=region&from=2024-01-02&to=2024-01-02&compare=no", **HTMX)


def test_where_values_add_up_bars_are_stacked_and_lines_are_drawn_elsewhere(admin_client: Client, shop: None) -> None:
    def drawn(query: str) -> set[str]:
        fragment = text_of(admin_client, f"{PAGE}?{query}", **HTMX)
        data = re.search(r'<script id="breakdown-data" type="application/json">(.*?)</script>', fragment, re.DOTALL)
        assert data
        return {series["type"] for series in json.loads(data[1])["option"]["series"]}

    assert drawn("by=region&measure=records") == {"bar"}
    assert drawn("by=region&measure=people") == drawn("by=product&measure=records") == {"line"}


def test_pages_are_named_by_what_differs(admin_client: Client) -> None:
    urls = ("https://shop.example/a%20b?x=1", "https://shop.example/c")
    append([record("like", user_id="u", page_url=url) for url in urls])
    assert sorted(names(text_of(admin_client, f"{PAGE}?by=page", **HTMX))) == ["/a b", "/c"]
    append([record("like", user_id="u", page_url="https://blog.example/")])
    assert "blog.example/" in names(text_of(admin_client, f"{PAGE}?by=page", **HTMX))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("by=weather", "by=weather in the address"),
        ("measure=luck", "measure=luck in the address"),
        ("goal=dance", "goal=dance in the address"),
        ("limit=7", "limit=7 in the address"),
        ("by=custom.a!", "break down by the key"),
        ("by=product&measure=products", "be counted by product"),
    ],
)
def test_what_is_not_understood_is_said_and_left_out(admin_client: Client, shop: None, query: str, says: str) -> None:
    page = text_of(admin_client, f"{PAGE}?{query}&figures=now")
    assert says in page and "breakdown-title" in page


def test_without_interactions_the_page_offers_an_import(admin_client: Client) -> None:
    assert "has no interactions yet" in text_of(admin_client, PAGE)


def test_where_there_is_nothing_to_count_the_page_says_so(admin_client: Client, shop: None) -> None:
    page = text_of(admin_client, f"{PAGE}?by=region&from=2023-01-01&to=2023-02-01", **HTMX)
    assert "There is nothing to count in this period" in page


def test_a_viewer_may_look_but_not_at_one_person(client: Client, shop: None) -> None:
    from interactions.contract.tombstones import Person

    client.force_login(cast.viewer())
    assert client.get(PAGE, headers=HTMX).status_code == 200
    person = Person(user_key=key_of("ann")).address
    assert client.get(f"{PAGE}?user={person}").status_code == 403


def test_markup_in_values_stays_text(admin_client: Client) -> None:
    append([record("like", user_id="u", region="<script>alert(1)</script>")])
    fragment = text_of(admin_client, f"{PAGE}?by=region", **HTMX)
    assert "<script>alert" not in fragment


def test_the_panels_of_the_dashboard_lead_here_with_their_filter(admin_client: Client, shop: None) -> None:
    page = text_of(admin_client, "/production/interactions/?region=Kent&figures=now")
    assert f'href="{PAGE}?region=Kent&amp;by=product"' in page
