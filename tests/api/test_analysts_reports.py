"""The reports of the pages Breakdown, Retention, Funnel and Paths, asked for by the API."""

from __future__ import annotations

import pytest

from interactions.analytics.index import custom_keys
from interactions.analytics.properties import Measure
from interactions.questions.names import MEASURES
from tests.api.report_calls import Ask, ask, key, rows, shop

__all__ = ["ask", "key", "shop"]


def test_a_funnel_has_a_window_and_is_broken_down(ask: Ask, shop: None) -> None:
    steps = "step=search,checkout"
    assert [row["people"] for row in rows(ask("funnel", steps))] == [1, 1]
    found = rows(ask("funnel", f"{steps}&window=1d"))
    assert [row["people"] for row in found] == [1, 0] and found[1]["median_seconds"] is None
    found = rows(ask("funnel", f"{steps}&window=7d&breakdown=region"))
    assert [(row["value"], row["step"], row["people"]) for row in found] == [
        ("Kent", "search", 1),
        ("Kent", "checkout", 1),
    ]


def test_steps_can_have_conditions(ask: Ask, shop: None) -> None:
    found = rows(ask("funnel", "step=search,any&step1.region=Kent"))
    assert [row["people"] for row in found] == [1, 1]
    assert [row["people"] for row in rows(ask("funnel", "step=search,any&step1.region!=Kent"))] == [0, 0]
    assert found[0]["step"] == "search, Region is Kent"
    assert ask("funnel", "step=search,any&step3.region=Kent").status_code == 400
    assert ask("funnel", "step=search,any&step1.colour=red").status_code == 400
    assert ask("funnel", "step=search,any&step1.custom.weather=wet").status_code == 400
    assert ask("paths", "field=custom.weather").status_code == 400
    assert custom_keys.wanted("production") == ()


def test_paths_are_whole_paths(ask: Ask, shop: None) -> None:
    assert rows(ask("paths", "steps=2")) == [
        {"step_0": "checkout", "step_1": None, "step_2": None, "paths": 1, "share": 0.5},
        {"step_0": "search", "step_1": "product_detail_page_view", "step_2": None, "paths": 1, "share": 0.5},
    ]
    found = rows(ask("paths", "steps=2&start=checkout&direction=before&within=7d&count=sessions"))
    assert [list(row.values())[:3] for row in found] == [
        ["checkout", "product_detail_page_view", "search"],
        ["checkout", None, None],
    ]


def test_a_breakdown_measures_any_property(ask: Ask, shop: None) -> None:
    answer = ask("breakdown", "measure=people&by=region&from=2024-01-04&to=2024-01-04")
    assert [(row["value"], row["people"], row["share"]) for row in rows(answer)] == [("Bath", 1, 1.0)]
    assert answer.json()["before"]["rows"] == []
    found = rows(ask("breakdown", "measure=revenue&by=region&limit=1"))
    assert [(row["value"], row["gross_revenue"], row["is_other"]) for row in found] == [
        ("Kent", 10.0, False),
        (None, 2.5, True),
    ]
    (bath, _) = rows(ask("breakdown", "measure=conversion&by=region&goal=checkout"))
    assert (bath["people"], bath["converted"], bath["conversion"]) == (1, 1, 1.0)


def test_a_breakdown_by_a_key_that_no_record_has_is_refused(ask: Ask, shop: None) -> None:
    assert ask("breakdown", "by=custom.weather").status_code == 400
    assert custom_keys.wanted("production") == ()


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("breakdown", "by=weather"),
        ("breakdown", "measure=luck"),
        ("breakdown", "by=product&measure=products"),
        ("retention", "unit=hour"),
        ("retention", "first=dance"),
    ],
)
def test_a_question_that_means_nothing_is_refused(ask: Ask, shop: None, name: str, query: str) -> None:
    assert ask(name, query).status_code == 400


def test_retention_has_a_row_for_each_week_of_a_first_interaction(ask: Ask, shop: None) -> None:
    answer = ask("retention", "unit=week&returning=checkout")
    assert answer.json()["unit"] == "week"
    assert rows(answer) == [{"start": "2024-01-01T00:00:00+00:00", "people": 2, "0": 2.0}]


def test_the_measures_are_those_of_the_report() -> None:
    assert tuple(Measure) == MEASURES
