"""A table and another tool's events, dropped in by somebody who has read no documentation, and charted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.console.wizard.browser import dashboard, drop, outcome
from tests.looks import expect, says

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SALES = "Datum;Aktion;Kunde;Artikel;Umsatz\n" + "".join(
    f"{day:02}/04/2026 10:{minute:02};{action};k{minute};mug-{minute % 3};{total}\n"
    for day in range(1, 11)
    for minute, (action, total) in enumerate((("Product viewed", ""), ("Add to cart", ""), ("Purchase", "12,50")))
)


def test_a_table_with_other_column_names_is_charted_within_a_few_clicks(
    page: Page, environment: str, tmp_path: Path
) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES)
    page.goto(f"/{environment}/interactions/imports/new/")
    drop(page, path)
    page.get_by_text("CSV table").wait_for()
    expect(page.get_by_role("button", name="Next step")).to_be_disabled()
    page.get_by_label("written with the day first").select_option("day first")
    page.get_by_text("No problems in the first 30 rows").wait_for()
    says(page, ".sample", "2026-04-01 10:00:00Z")
    page.get_by_role("button", name="Next step").click()
    page.get_by_role("link", name="Next step").wait_for()
    assert outcome(page) | {"Accepted": "30", "Rejected": "0", "Skipped": "0"} == outcome(page)
    page.get_by_role("link", name="Next step").click()
    page.wait_for_url("**/interactions/?import=*")
    seen = dashboard(page)
    assert seen.types == {"product_detail_page_view": "10", "add_to_cart": "10", "checkout": "10"}
    assert seen.in_bars == 30


def test_events_are_given_another_type_and_the_preview_follows(page: Page, environment: str, tmp_path: Path) -> None:
    path = tmp_path / "mixpanel.jsonl"
    said = {"time": 1_793_613_600, "distinct_id": "ann", "$device_id": "d-1", "$user_id": "ann"}
    names = ("Search", "Signed Up", "Signed Up")
    path.write_text(
        "".join(
            json.dumps({"event": name, "properties": {**said, "$insert_id": f"i{number}"}}) + "\n"
            for number, name in enumerate(names)
        )
    )
    page.goto(f"/{environment}/interactions/imports/new/")
    drop(page, path)
    page.get_by_text("2 events of 3 will be skipped").wait_for()
    page.get_by_label("Signed Up").select_option("subscribe")
    page.get_by_text("No problems in the first 3 records").wait_for()
    expect(page.locator(".type-name")).to_have_text(["subscribe", "search"], use_inner_text=True)
    page.get_by_role("button", name="Next step").click()
    page.get_by_role("link", name="Next step").wait_for()
    assert outcome(page) | {"Accepted": "3", "Skipped": "0"} == outcome(page)
