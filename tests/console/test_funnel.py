"""The Funnel page: how many people take some steps, how long it takes them, and who they are."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client
from django.utils.html import escape

from tests.lakes import append, record
from tests.pages import HTMX, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("emptied_cache", "own_folders")]

PAGE = "/production/interactions/funnel/"
VIEW, CART, BUY = "product_detail_page_view", "add_to_cart", "checkout"
STEPS = f"step={VIEW}&step={CART}&step={BUY}"


def shop() -> None:
    """Ann buys after an hour, Bob on his second attempt after ten minutes, and Eve puts something into the cart."""
    did = [
        ("ann", "Kent", "01T10:00", VIEW), ("ann", "Kent", "01T10:10", CART), ("ann", "Kent", "01T11:00", BUY),
        ("bob", "Bath", "01T10:00", VIEW), ("bob", "Bath", "02T10:00", VIEW), ("bob", None, "02T10:05", CART),
        ("bob", None, "02T10:10", BUY), ("eve", None, "03T10:00", VIEW), ("eve", "Kent", "03T10:01", CART),
    ]  # fmt: skip
    append([record(kind, f"2024-01-{at}:00Z", user_id=who, region=region) for who, region, at, kind in did])


def table(client: Client, query: str = STEPS) -> list[list[str]]:
    content = client.get(f"{PAGE}?{query}&format=csv").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def people(client: Client, query: str) -> list[int]:
    return [int(row[1]) for row in table(client, query)[1:]]


def test_the_page_comes_at_once_and_asks_for_its_figures(admin_client: Client) -> None:
    shop()
    page = text_of(admin_client, PAGE)
    assert f'hx-get="{PAGE}"' in page
    assert "funnel-title" not in page


def test_people_take_the_steps_within_the_window(admin_client: Client) -> None:
    shop()
    assert people(admin_client, STEPS) == [3, 3, 2]
    assert people(admin_client, STEPS + "&window=1h") == [3, 3, 2]
    assert people(admin_client, STEPS + "&window=30min") == [3, 3, 1]


def test_the_times_are_those_of_each_persons_best_attempt(admin_client: Client) -> None:
    shop()
    head, _, cart, buy = table(admin_client, STEPS + "&window=1h")
    assert head[4:] == ["p25_seconds", "median_seconds", "p75_seconds", "p90_seconds"]
    assert cart[4:] == ["60", "300", "600", "600"]
    assert buy[4:] == ["300", "300", "3000", "3000"]
    fragment = text_of(admin_client, f"{PAGE}?{STEPS}&window=1h", **HTMX)
    assert re.findall(r">All steps</th>(?:<td[^>]*>([^<]*)</td>)(?:<td[^>]*>([^<]*)</td>)", fragment) == [
        ("10 min", "10 min")
    ]
    bars = re.findall(r'bar-name"><span>([^<]+)</span></span></th><td class="is-number">(\d)</td>', fragment)
    assert bars == [("5 – 15 min", "1"), ("15 – 30 min", "0"), ("30 – 60 min", "0"), ("1 – 3 h", "1")]


def test_values_of_the_first_step_stand_side_by_side(admin_client: Client) -> None:
    shop()
    rows = table(admin_client, STEPS + "&window=1d&breakdown=region")
    assert [row[:3] for row in rows] == [
        ["value", "step", "people"],
        *(["Bath", step, "1"] for step in (VIEW, CART, BUY)),
        *(["Kent", step, "1"] for step in (VIEW, CART, BUY)),
        *(["(none)", step, count] for step, count in ((VIEW, "1"), (CART, "1"), (BUY, "0"))),
    ]
    fragment = text_of(admin_client, f"{PAGE}?{STEPS}&breakdown=region", **HTMX)
    assert "By region" in fragment and fragment.index(">Bath<") < fragment.index(">Kent<") < fragment.index(">None<")


def test_without_steps_it_is_the_funnel_of_a_shop_or_a_publisher(admin_client: Client) -> None:
    shop()
    append([record("impression", "2024-01-01T09:00:00Z", user_id="ann")])
    assert [row[0] for row in table(admin_client, "")[1:]] == ["Impression", "Product view", "Add to cart", "Check-out"]


def test_up_to_six_steps_can_be_chosen(admin_client: Client) -> None:
    shop()
    six = "&".join(["step=search", STEPS, "step=read", "step=like", "step=share"])
    assert len(table(admin_client, six)) == 7


def test_the_dashboards_funnel_leads_here_with_its_steps_and_filter(admin_client: Client) -> None:
    shop()
    panels = text_of(admin_client, f"/production/interactions/panels/?step={VIEW},{BUY}&region=Kent", **HTMX)
    assert escape(f"{PAGE}?region=Kent&step={VIEW}%2C{BUY}") in panels


@pytest.mark.parametrize("query", ["step=nonsense,checkout", "window=2h", "breakdown=weather"])
def test_what_is_not_understood_is_said_and_left_out(admin_client: Client, query: str) -> None:
    shop()
    assert 'class="alert alert-warning' in text_of(admin_client, f"{PAGE}?{query}&figures=now")


def test_where_nobody_takes_the_first_step_the_page_says_so(admin_client: Client) -> None:
    shop()
    fragment = text_of(admin_client, f"{PAGE}?step=read,like&breakdown=region", **HTMX)
    assert "Nobody took the first step" in fragment and "values-title" not in fragment
    assert people(admin_client, "step=read,like") == [0, 0]


def test_without_interactions_the_page_offers_an_import(admin_client: Client) -> None:
    assert "has no people yet" in text_of(admin_client, PAGE)


def test_a_step_can_have_conditions(admin_client: Client) -> None:
    shop()
    assert people(admin_client, f"{STEPS}&step1.region=Kent") == [1, 1, 1]
    assert people(admin_client, f"{STEPS}&step1.region=Kent&step1.region=Bath") == [2, 2, 2]
    assert people(admin_client, "step=any&step=any&step1.region=Bath&step2.region!=Bath&step2.region!=Kent") == [1, 1]
    assert table(admin_client, f"{STEPS}&step1.region~=ken")[1][0] == f"{VIEW}, Region contains ken"


def test_the_form_shows_conditions_and_takes_them_along(admin_client: Client) -> None:
    shop()
    query = f"{STEPS}&step2.region=Kent&step2.device=phone"
    fragment = text_of(admin_client, f"{PAGE}?{query}", **HTMX)
    steps = f"step={VIEW}%2C{CART}%2C{BUY}"
    assert f'href="?step2.device=phone&amp;{steps}"' in fragment  # without the region
    assert '<input type="hidden" name="step2.region" value="Kent">' in fragment
    assert fragment.count("Add condition") == 3 and fragment.count('<select name="step">') == 4
    assert escape(f'"query": "?step2.region=Kent&step2.device=phone&{steps}"') in fragment.replace("\\u0026", "&amp;")


def test_the_usual_steps_are_named_where_a_condition_is_added_to_them(admin_client: Client) -> None:
    shop()
    fragment = text_of(admin_client, f"{PAGE}?region=Kent", **HTMX)
    assert f"?region=Kent&amp;step={VIEW}%2C{CART}%2C{BUY}&quot;" in fragment


def test_a_funnel_is_broken_down_by_product_and_by_a_key(admin_client: Client) -> None:
    plan = '{"context":{"custom_context":{"plan":"%s"}}}'
    append(
        [
            record(VIEW, "2024-01-01T10:00:00Z", user_id="ann", product_ids=["tent", "mug"], extra=plan % "gold"),
            record(VIEW, "2024-01-01T10:00:00Z", user_id="bob", product_ids=["tent"], extra=plan % "free"),
            record(BUY, "2024-01-01T10:01:00Z", user_id="bob"),
        ]
    )
    steps = f"step={VIEW},{BUY}"
    rows = [row[:3] for row in table(admin_client, f"{steps}&breakdown=product")[1:]]
    assert rows == [["mug", VIEW, "1"], ["mug", BUY, "0"], ["tent", VIEW, "1"], ["tent", BUY, "1"]]
    assert "Dojo is indexing" in text_of(admin_client, f"{PAGE}?{steps}&breakdown=custom.plan", **HTMX)
    rows = [row[:3] for row in table(admin_client, f"{steps}&breakdown=custom.plan")[1:]]
    assert rows == [["free", VIEW, "1"], ["free", BUY, "1"], ["gold", VIEW, "1"], ["gold", BUY, "0"]]
    assert "By plan" in text_of(admin_client, f"{PAGE}?{steps}&breakdown=custom.plan", **HTMX)
