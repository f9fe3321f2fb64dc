"""Totals and bars: what is counted, compared, and in which zone."""

import json
import re

from django.test import Client

from interactions.models import Environment
from tests.lakes import append, record
from tests.traffic import REFUND

PAGE = "/production/interactions/"
DATA = "/production/interactions/dashboard.json"
FRAGMENT = {"HX-Request": "true"}


def bars(client: Client, query: str = "") -> dict:
    """What the page's chart is drawn from."""
    fragment = client.get(f"{PAGE}?{query}", headers=FRAGMENT).content.decode()
    return json.loads(re.search(r'<script id="over-time-data"[^>]*>(.*?)</script>', fragment).group(1))


def test_totals_are_shown(viewer: Client, records: None) -> None:
    fragment = viewer.get(PAGE, headers=FRAGMENT).content.decode()
    figures = dict(re.findall(r'data-figure="(\w+)">([^<]*)<', fragment))
    assert figures == {
        "interactions": "2", "people": "1", "sessions": "2", "products": "2", "searches": "1", "conversions": "1",
        "revenue": "0",
    }  # fmt: skip
    assert "1 user id" in fragment and "1 anonymous id" in fragment


def test_net_revenue_is_shown_where_refunds_have_amounts(viewer: Client, shop: None) -> None:
    append([record("refund", "2024-01-02T10:00:00Z", user_id="u1")])
    before = viewer.get(PAGE, headers=FRAGMENT).content.decode()
    assert 'data-figure="revenue"' in before and "net_revenue" not in before and "Refunds of" not in before
    append([record("refund", "2024-01-02T11:00:00Z", user_id="u1", extra=REFUND % 2.5)])
    Environment.objects.filter(slug="production").update(currency="EUR")
    after = viewer.get(PAGE, headers=FRAGMENT).content.decode()
    figures = dict(re.findall(r'data-figure="(\w+)"[^>]*>([^<]*)<', after))
    assert (figures["revenue"], figures["net_revenue"]) == ("€12.50", "€10")
    assert "Refunds of €2.50" in after


def test_a_period_is_compared_with_the_one_before(viewer: Client, records: None) -> None:
    append([record("search", f"2024-01-03T10:0{minute}:00Z") for minute in range(3)])
    compared = viewer.get(PAGE + "?from=2024-01-03&to=2024-01-04", headers=FRAGMENT).content.decode()
    assert "Compared with Jan 1 – 2, 2024" in compared
    assert "+300.0%" in compared  # 4 records after 1
    alone = viewer.get(PAGE + "?from=2024-01-03&to=2024-01-04&compare=no", headers=FRAGMENT).content.decode()
    assert "+300.0%" not in alone and "No comparison" in alone


def test_all_time_is_compared_with_nothing(viewer: Client, records: None) -> None:
    assert "vs. previous period" not in viewer.get(PAGE, headers=FRAGMENT).content.decode()


def test_the_chart_is_by_group_unless_types_are_asked_for(viewer: Client, records: None) -> None:
    def names(query: str = "") -> list[str]:
        return [each["name"] for each in bars(viewer, query)["option"]["series"]]

    assert names() == ["Core click-streams", "Conversion"]
    assert names("split=type") == ["search", "checkout"]


def test_the_chart_takes_the_unit_of_the_address(viewer: Client, records: None) -> None:
    answer = bars(viewer, "unit=week")
    assert answer["unit"] == "week"
    assert answer["option"]["xAxis"]["data"] == ["2024-01-01T00:00Z"]


def test_a_unit_too_fine_for_the_period_gives_way(viewer: Client) -> None:
    append([record(at="2000-01-01T00:00:00Z"), record(at="2024-01-01T00:00:00Z")])
    assert bars(viewer, "unit=hour")["unit"] == "month"


def test_days_are_those_of_the_environment(viewer: Client, records: None) -> None:
    Environment.objects.filter(slug="production").update(time_zone="America/Los_Angeles")
    answer = bars(viewer, "unit=day")
    assert answer["zone"] == "America/Los_Angeles"
    assert answer["option"]["xAxis"]["data"][0] == "2024-01-01T00:00-08:00"


def test_each_figure_is_explained_behind_a_button(viewer: Client, records: None) -> None:
    page = viewer.get(PAGE, headers=FRAGMENT).content.decode()
    named = re.findall(r'<button class="info" type="button" popovertarget="([\w-]+)" aria-label="About [^"]+">', page)
    assert len(named) == 7 and all(f'id="{name}" popover' in page for name in named)
