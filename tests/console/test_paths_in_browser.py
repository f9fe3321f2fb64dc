"""The pages Paths and Funnel in a real browser: the diagram's links, forms, the phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.lakes import append, record
from tests.looks import PATIENCE, expect, fits, says
from tests.processes import Dojo, add_environment, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ENVIRONMENT = "paths"
TYPES = ("search", "product_detail_page_view", "add_to_cart", "checkout")


@pytest.fixture
def page(browser: Browser, dojo: Dojo, settings: Any) -> Iterator[Page]:
    """A page of somebody logged in, in an environment where four people go one step further each."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    if not (settings.LAKE_DIR / ENVIRONMENT).exists():
        add_environment(dojo, ENVIRONMENT)
        did = [(person, step) for person in range(4) for step in range(person + 1)]
        rows = [record(TYPES[step], f"2024-01-01T10:{step:02}:00Z", user_id=f"u{person}") for person, step in did]
        append(rows, environment=ENVIRONMENT)
    refused: list[str] = []
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 960})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    log_in(page)
    yield page
    context.close()
    assert refused == []  # nothing fails unseen, the content security policy included


def test_a_click_on_a_node_narrows_the_paths_and_another_field_forgets_the_start(page: Page) -> None:
    page.goto(f"/{ENVIRONMENT}/interactions/paths/?start=search")
    says(page, "#paths-title", "4 people after search")
    page.get_by_role("link", name="add_to_cart, Step 2: 2").locator("text").click()
    says(page, ".paths-through", "2 of 4, 50.0%")
    page.get_by_role("link", name="Start here").click()
    says(page, "#paths-title", "2 people after add_to_cart")
    page.get_by_label("A step is a").select_option("page")
    page.wait_for_url("**field=page&direction=after&start=&**")
    says(page, "#paths .panel-empty", "Nobody did this")


def test_on_a_phone_the_tables_stand_for_the_diagram(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/{ENVIRONMENT}/interactions/paths/?start=search")
    says(page, "#paths", "The diagram needs a wider screen")
    expect(page.locator(".paths-diagram")).to_be_hidden()
    expect(page.locator(".paths-edges").first).to_be_visible()
    fits(page)


def test_a_funnel_is_asked_by_its_form(page: Page) -> None:
    page.goto(f"/{ENVIRONMENT}/interactions/funnel/?step=search,checkout")
    says(page, "#funnel-title", "25.0% of 4 people")
    page.get_by_label("All within").select_option("30min")
    page.get_by_label("Break down by").select_option("device")
    page.get_by_role("button", name="Show").click()
    says(page, "#values-title", "By device")
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)


def test_a_condition_is_added_to_a_step_changed_and_removed_by_the_keyboard(page: Page) -> None:
    page.goto(f"/{ENVIRONMENT}/interactions/funnel/?step=search,checkout")
    says(page, "#funnel-title", "of 4 people take all steps")
    page.get_by_text("Add condition").nth(1).click()
    page.wait_for_selector("[data-input]:focus")
    page.keyboard.type("device")
    page.keyboard.press("Enter")
    expect(page.locator(".bar-options [role=option]").first).to_be_visible()
    page.keyboard.type("unkn")
    page.keyboard.press("Enter")
    expect(page.locator(".funnel-slot .bar-token")).to_have_text(["Unknown"])
    page.keyboard.press("Enter")
    page.wait_for_url("**step2.device=unknown**")
    chip = page.locator(".funnel-slot").nth(1).locator(".chip-condition")
    expect(chip).to_contain_text("Device is Unknown")
    chip.locator("[data-edit]").click()
    page.wait_for_selector("[data-input]:focus")
    page.locator(".funnel-slot [data-form]").nth(1).select_option("is not")
    page.get_by_role("button", name="Apply").press("Enter")
    page.wait_for_url("**step2.device!=unknown**")
    says(page, "#funnel-title", "0% of 4 people take all steps")
    page.get_by_role("link", name="Step 2: Device is not Unknown. Remove").click()
    expect(page.locator(".funnel-slot .chip-condition")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("Add condition").first.click()
    expect(page.locator(".funnel-slot .bar-options [role=option]").first).to_be_visible()
    fits(page)
