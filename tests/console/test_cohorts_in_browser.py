"""The form of a cohort in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from interactions.analytics.devices import Device
from tests.lakes import append, record
from tests.looks import expect
from tests.processes import Dojo, add_environment

from .wizard.browser import faultless, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ENVIRONMENT = "cohorts"


@pytest.fixture
def page(browser: Browser, dojo: Dojo, settings) -> Iterator[Page]:
    """The Cohorts page of somebody logged in, with three people: Ann bought twice, Bob once, Eve never."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    if not (settings.LAKE_DIR / ENVIRONMENT).exists():
        add_environment(dojo, ENVIRONMENT)
        buyers = ("ann", "ann", "bob")
        sold = {"region": "Kent", "product_ids": ["SKU-1"]}
        rows = [record("checkout", user_id=who, **sold) for who in buyers] + [record("like", user_id="eve")]
        append(rows, environment=ENVIRONMENT)
    with faultless(browser, dojo) as context:
        page = context.new_page()
        log_in(page)
        page.goto(f"/{ENVIRONMENT}/interactions/cohorts/")
        yield page


def test_the_form_of_a_cohort_grows_and_counts_as_it_is_filled_in(page: Page) -> None:
    page.get_by_role("link", name="Create cohort").click()
    count = page.locator("#cohort-count")
    expect(count).to_contain_text("3 people now, of 3")
    page.get_by_label("Name").fill("Buyers")
    page.get_by_label("Type").select_option("checkout")
    expect(count).to_contain_text("2 people now")
    page.get_by_role("button", name="Add condition").click()
    page.get_by_label("Field").select_option("device")
    expect(page.get_by_label("Value").locator("option")).to_have_count(len(Device))  # a choice, since devices are few


def test_a_product_is_found_by_its_name_in_a_rule(page: Page) -> None:
    page.goto(f"/{ENVIRONMENT}/interactions/product-names/")
    names = {"name": "names.csv", "mimeType": "text/csv", "buffer": b"id,name\nSKU-1,Trail shoe\n"}
    page.get_by_label("CSV or JSON file").set_input_files(names)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Use these names").click()
    page.goto(f"/{ENVIRONMENT}/interactions/cohorts/new/")
    page.get_by_role("button", name="Add condition").click()
    page.get_by_label("Value").fill("trail")
    offered = page.locator("#rule-values option")
    expect(offered).to_have_count(1)
    assert (offered.get_attribute("value"), offered.text_content()) == ("SKU-1", "Trail shoe · SKU-1")
    page.get_by_label("Value").fill("SKU-1")
    page.get_by_label("Value").press("Tab")
    expect(page.locator(".rule-name")).to_have_text("Trail shoe")
    expect(page.locator("#cohort-count")).to_contain_text("2 people now")
