"""The Paths page: what people do after a step, or before it."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from interactions.contract.tombstones import Person
from interactions.models import ActivityEntry
from tests.lakes import append, key_of, record
from tests.pages import HTMX, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("emptied_cache", "own_folders")]

PAGE = "/production/interactions/paths/"
VIEW, CART, BUY = "product_detail_page_view", "add_to_cart", "checkout"


def did(who: str, *types: str, day: int = 1) -> list[dict[str, Any]]:
    """One interaction a minute."""
    return [
        record(
            type_, f"2024-01-{day:02}T12:{minute:02}:00Z", user_id=who, page_url=f"https://shop.example/{type_}?x={who}"
        )
        for minute, type_ in enumerate(types)
    ]


def shop() -> None:
    append(
        [
            *did("ann", "search", "search", VIEW, CART, BUY),
            *did("bob", "search", VIEW),
            *did("eve", VIEW, CART),
            *did("eve", "search", VIEW, BUY, day=2),
        ]
    )


def table(client: Client, query: str = "") -> list[list[str]]:
    content = client.get(f"{PAGE}?{query}&format=csv").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def test_the_page_comes_at_once_and_asks_for_its_figures(admin_client: Client) -> None:
    shop()
    page = text_of(admin_client, PAGE)
    assert f'hx-get="{PAGE}"' in page
    assert "paths-title" not in page


def test_each_person_has_one_path_from_their_first_start(admin_client: Client) -> None:
    shop()
    assert table(admin_client, "start=search&steps=2") == [
        ["Start", "Step 1", "Step 2", "people", "share"],
        ["search", VIEW, CART, "1", "0.333333333333333"],
        ["search", VIEW, BUY, "1", "0.333333333333333"],
        ["search", VIEW, "(end)", "1", "0.333333333333333"],
    ]


def test_sessions_can_be_counted_and_repeats_kept(admin_client: Client) -> None:
    shop()
    assert sorted(row[:-1] for row in table(admin_client, f"start={VIEW}&steps=2&count=sessions")[1:]) == [
        [VIEW, "(end)", "(end)", "1"],
        [VIEW, CART, "(end)", "1"],
        [VIEW, CART, BUY, "1"],
        [VIEW, BUY, "(end)", "1"],
    ]
    kept = table(admin_client, "start=search&steps=2&repeats=keep")
    assert ["search", "search", VIEW, "1"] in [row[:-1] for row in kept]


def test_paths_lead_to_a_step_as_well(admin_client: Client) -> None:
    shop()
    rows = table(admin_client, f"start={BUY}&steps=2&direction=before")
    assert rows[0] == ["2 before", "1 before", "Start", "people", "share"]
    assert sorted(row[:-1] for row in rows[1:]) == [[VIEW, CART, BUY, "1"], ["search", VIEW, BUY, "1"]]


def test_days_reach_further_than_a_session(admin_client: Client) -> None:
    shop()
    of_eve = f"start={CART}&steps=2&user={Person(user_key=key_of('eve')).address}"
    assert table(admin_client, of_eve)[1][:3] == [CART, "(end)", "(end)"]
    assert table(admin_client, of_eve + "&within=7d")[1][:3] == [CART, "search", VIEW]
    assert ActivityEntry.objects.filter(action=ActivityEntry.Action.PERSON_VIEWED).exists()


def test_a_step_can_be_a_page_without_its_query(admin_client: Client) -> None:
    shop()
    rows = table(admin_client, "field=page&start=https://shop.example/search&steps=2")
    assert {row[1] for row in rows[1:]} == {f"https://shop.example/{VIEW}"}


def test_a_node_narrows_the_paths_to_those_through_it(admin_client: Client) -> None:
    shop()
    fragment = text_of(admin_client, f"{PAGE}?start=search&steps=2", **HTMX)
    link = f"?start=search&steps=2&through=2%3A{BUY}"
    assert escape(link) in fragment
    narrowed = text_of(admin_client, PAGE + link, **HTMX)
    assert "1 of 3, 33.3%" in re.sub(r"<[^>]+>", "", narrowed)
    assert escape(f"?start={BUY}&steps=2") in narrowed  # start here
    assert len(table(admin_client, link.removeprefix("?"))) == 2


def test_the_diagram_has_a_link_for_each_value_and_the_tables_have_its_numbers(admin_client: Client) -> None:
    shop()
    fragment = text_of(admin_client, f"{PAGE}?start=search&steps=2", **HTMX).replace("<wbr>", "")
    labels = re.findall(r"<a [^>]+><title>([^<]+), (Start|Step \d): (\d+), ([\d.]+%)<", fragment)
    assert labels == [
        ("search", "Start", "3", "100.0%"),
        (VIEW, "Step 1", "3", "100.0%"),
        (CART, "Step 2", "1", "33.3%"),
        (BUY, "Step 2", "1", "33.3%"),
    ]
    flows = re.findall(r"<title>(.+?) → (.+?): (\d+), ", fragment)
    cells = re.findall(r'<th scope="row">(\w+)</th><td>(.+?)</td><td class="is-number">(\d+)</td>', fragment)
    assert sorted(flows) == sorted(cells) and (VIEW, "(end)", "1") in flows


def test_a_page_is_named_without_its_host_and_as_shortly_as_its_column_is_narrow(admin_client: Client) -> None:
    address = "https://shop.example/" + "a" * 200
    append([record("search", user_id="ann", page_url=address), record("search", user_id="bob", page_url="http://[")])
    fragment = text_of(admin_client, f"{PAGE}?field=page&steps=5", **HTMX)
    labels = re.findall(r"<text[^>]*>([^<]+) <tspan", fragment)
    assert labels[:2] == ["http://[", "/aaaa…" + "a" * 10] and address in fragment


def test_where_nobody_starts_the_page_says_so(admin_client: Client) -> None:
    shop()
    assert "Nobody did this in the period" in text_of(admin_client, f"{PAGE}?start=read", **HTMX)
    assert len(table(admin_client, "start=read")) == 1


@pytest.mark.parametrize("query", ["start=nonsense", "steps=9", "within=1y", "field=user", "count=all", "direction=up"])
def test_what_is_not_understood_is_said_and_left_out(admin_client: Client, query: str) -> None:
    shop()
    assert 'class="alert alert-warning' in text_of(admin_client, f"{PAGE}?{query}&figures=now")


@pytest.mark.parametrize("through", ["x", "9:search", "1:", "1:nowhere", ":", "-1:search", "1:" + "x" * 3000])
def test_a_node_that_is_not_there_narrows_nothing(admin_client: Client, through: str) -> None:
    shop()
    assert "paths-through" not in text_of(admin_client, f"{PAGE}?through={through}", **HTMX)


def test_without_interactions_the_page_offers_an_import(admin_client: Client) -> None:
    assert "has no people yet" in text_of(admin_client, PAGE)


def test_one_record_is_a_path_that_ends(admin_client: Client) -> None:
    append(did("ann", "search"))
    assert table(admin_client, "steps=2")[1] == ["search", "(end)", "(end)", "1", "1"]
    assert "1 person from their first interaction on" in text_of(admin_client, PAGE, **HTMX)


def test_a_step_can_be_a_product_or_a_value_of_a_key(admin_client: Client) -> None:
    plan = '{"context":{"custom_context":{"plan":"%s"}}}'
    did = [("10:00", ["tent"], "free"), ("10:01", ["mug", "tent"], "free"), ("10:02", ["mug"], "gold")]
    append(
        [
            record(VIEW, f"2024-01-01T{at}:00Z", user_id="ann", product_ids=ids, extra=plan % which)
            for at, ids, which in did
        ]
    )
    assert table(admin_client, "field=product")[1] == ["tent", "mug", "tent", "mug", "1", "1"]
    assert table(admin_client, "field=product&start=mug&steps=2")[1] == ["mug", "tent", "mug", "1", "1"]
    assert "Dojo is indexing" in text_of(admin_client, f"{PAGE}?field=custom.plan", **HTMX)
    assert table(admin_client, "field=custom.plan&steps=2")[1] == ["free", "gold", "(end)", "1", "1"]
    page = text_of(admin_client, f"{PAGE}?field=custom.plan&figures=now")
    assert '<option value="custom.plan" selected>plan</option>' in page
    assert "can&#x27;t be used here" in text_of(admin_client, f"{PAGE}?field=custom.")
