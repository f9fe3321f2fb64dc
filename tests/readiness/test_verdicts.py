"""Verdicts on measures: where good ends, where poor begins, and what they come to."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from interactions.analytics.reports.data_quality import Measures
from interactions.readiness import RULE, THRESHOLDS, Check, Overall, Report, Verdict, thresholds_of
from interactions.readiness.check import CheckSection
from interactions.readiness.data import data_checks
from tests.processes import HOUSE

HEALTHY = Measures(
    records=100_000,
    by_type={"product_detail_page_view": 60_000, "search": 20_000, "add_to_cart": 10_000, "checkout": 10_000},
    with_user=30_000,
    with_anonymous=95_000,
    without_id=0,
    placeholder_ids=0,
    about_products=80_000,
    with_products=80_000,
    with_miso_id=9_000,
    future=0,
    before_2000=0,
    users=5_000,
    users_again=4_000,
    most_of_one=200,
    days=121,
    days_spanned=121,
    longest_gap=None,
)


def checks(**changes: Any) -> dict[str, Check]:
    return {check.name: check for check in data_checks(replace(HEALTHY, **changes), THRESHOLDS)}


def overall(**changes: Any) -> Overall:
    measures = replace(HEALTHY, **changes)
    return Report(measures.records, data_checks(measures, THRESHOLDS)).overall


def test_a_healthy_data_set_is_ready_and_all_its_checks_are_good() -> None:
    assert overall() is Overall.READY
    assert {check.verdict for check in checks().values()} == {Verdict.GOOD}


@pytest.mark.parametrize(
    ("name", "changes", "verdict"),
    [
        ("span", {"days_spanned": 84}, Verdict.GOOD),
        ("span", {"days_spanned": 83}, Verdict.FAIR),
        ("span", {"days_spanned": 28}, Verdict.FAIR),
        ("span", {"days_spanned": 27}, Verdict.POOR),
        ("gaps", {"days": 120}, Verdict.FAIR),
        ("gaps", {"days": 87}, Verdict.FAIR),  # of 121: closed at weekends
        ("gaps", {"days": 84}, Verdict.POOR),
        ("product_views", {"by_type": {"checkout": 5}}, Verdict.POOR),
        ("actions", {"by_type": {"search": 5}}, Verdict.POOR),
        ("actions", {"by_type": {"read": 100_000}}, Verdict.GOOD),
        ("views_per_search", {"by_type": {"search": 10, "product_detail_page_view": 5}}, Verdict.FAIR),
        ("views_per_search", {"by_type": {"read": 10}}, Verdict.UNKNOWN),
        ("with_user", {"with_user": 100}, Verdict.POOR),
        ("with_anonymous", {"with_anonymous": 50_000}, Verdict.FAIR),
        ("without_id", {"without_id": 1_000}, Verdict.GOOD),
        ("without_id", {"without_id": 10_001}, Verdict.POOR),
        ("placeholder_ids", {"placeholder_ids": 1}, Verdict.FAIR),
        ("most_of_one", {"most_of_one": 5_001}, Verdict.POOR),
        ("most_of_one", {"most_of_one": 999, "records": 999}, Verdict.UNKNOWN),
        ("users_again", {"users_again": 0}, Verdict.POOR),
        ("users_again", {"users": 0, "users_again": 0}, Verdict.UNKNOWN),
        ("with_products", {"with_products": 79_999}, Verdict.GOOD),
        ("with_products", {"with_products": 60_000}, Verdict.POOR),
        ("with_products", {"about_products": 0, "with_products": 0}, Verdict.UNKNOWN),
        ("with_miso_id", {"with_miso_id": 0}, Verdict.FAIR),
        ("times", {"future": 50, "before_2000": 50}, Verdict.FAIR),
        ("times", {"future": 101}, Verdict.POOR),
    ],
)
def test_a_verdict_turns_where_its_threshold_says(name: str, changes: dict[str, Any], verdict: Verdict) -> None:
    assert checks(**changes)[name].verdict is verdict


def test_something_essential_that_is_poor_is_not_yet_ready() -> None:
    assert overall(days_spanned=10, days=10) is Overall.NOT_YET


def test_something_essential_that_is_fair_is_nearly_ready() -> None:
    assert overall(days_spanned=60, days=60) is Overall.NEARLY


def test_something_else_that_is_poor_is_nearly_ready() -> None:
    assert overall(users_again=0) is Overall.NEARLY


def test_three_poor_checks_are_not_yet_ready() -> None:
    two = {"users_again": 0, "with_user": 100}
    assert overall(**two) is Overall.NEARLY
    assert overall(**two, placeholder_ids=5_000) is Overall.NOT_YET


def test_a_history_of_empty_days_is_not_yet_ready() -> None:
    assert overall(days=3, days_spanned=900) is Overall.NOT_YET


def test_the_rule_has_a_sentence_for_each_verdict_and_is_documented() -> None:
    documented = (HOUSE / "docs" / "analytics.md").read_text()
    assert list(RULE) == list(Overall)
    for verdict, words in RULE.items():
        assert f"| {verdict.value} | {words} |" in documented


def test_the_documentation_counts_the_checks() -> None:
    words = {17: "Seventeen"}[len(THRESHOLDS)]
    for name in ("README.md", "CHANGELOG.md", "docs/analytics.md"):
        assert re.search(rf"{words}\s+checks", (HOUSE / name).read_text(), re.IGNORECASE), name


def test_what_could_be_better_and_is_not_essential_does_not_keep_from_being_ready() -> None:
    assert overall(with_miso_id=0) is Overall.READY


def test_nothing_is_not_yet_ready() -> None:
    nothing = dict.fromkeys(("records", "days", "days_spanned", "users", "about_products", "with_products"), 0)
    assert overall(**nothing, by_type={}) is Overall.NOT_YET


def test_what_to_do_begins_with_what_is_essential_and_poor() -> None:
    measures = replace(HEALTHY, with_miso_id=0, users_again=0, days_spanned=10, days=10)
    report = Report(measures.records, data_checks(measures, THRESHOLDS))
    assert [check.name for check in report.to_do] == ["span", "users_again", "with_miso_id"]


def test_every_check_is_in_a_section_and_every_threshold_has_its_check() -> None:
    report = Report(HEALTHY.records, list(checks().values()))
    assert sum(len(found) for _, found in report.sections) == len(report.checks)
    assert set(checks()) == set(THRESHOLDS) - {"already_there", "rejected", "refused_calls"}
    assert {section for section, _ in report.sections} == set(CheckSection)


def test_the_longest_gap_is_named() -> None:
    detail = checks(days=119, longest_gap=(date(2024, 2, 3), date(2024, 2, 4)))["gaps"].detail
    assert detail == "2 of 121 days have no record. The longest gap is Feb 3, 2024 to Feb 4, 2024."


def test_records_that_are_not_counted_are_named() -> None:
    assert checks(strays=1)["span"].detail.endswith(
        "1 record far from all others or with an impossible date isn't counted."
    )
    assert checks(strays=2)["span"].detail.endswith(
        "2 records far from all others or with an impossible date aren't counted."
    )


def test_an_environment_may_have_thresholds_of_its_own() -> None:
    found = thresholds_of({"span": [10, 5]})
    assert (found["span"].good, found["span"].poor) == (10, 5)
    assert found["gaps"] == THRESHOLDS["gaps"]
