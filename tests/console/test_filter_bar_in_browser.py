"""The filter bar in a real browser, by the keyboard alone: fields, operators, suggestions, alternatives, chips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.lakes import append, record
from tests.looks import expect, fits
from tests.processes import Dojo, add_environment

from .wizard.browser import faultless, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ENVIRONMENT = "bar"
REGIONS = ("Kent", "Kent", "Kent", "Wien", "Wien", "New Kent", None)


@pytest.fixture
def page(browser: Browser, dojo: Dojo, settings) -> Iterator[Page]:
    """The Records page of somebody logged in, on seven searches."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    if not (settings.LAKE_DIR / ENVIRONMENT).exists():
        add_environment(dojo, ENVIRONMENT)
        plans = (f'{{"context":{{"custom_context":{{"plan.of.2024":"{plan}"}}}}}}' for plan in "ggsssss")
        rows = [
            record("search", keywords="tea", region=region, extra=plan)
            for region, plan in zip(REGIONS, plans, strict=True)
        ]
        append(rows, environment=ENVIRONMENT)
    with faultless(browser, dojo, but="503") as context:  # while a key is indexed
        page = context.new_page()
        log_in(page)
        page.goto(f"/{ENVIRONMENT}/interactions/records/")
        page.wait_for_selector("text=7 records")
        yield page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def offers(page: Page, *options: str) -> None:
    """Wait until these are the suggestions."""
    expect(page.locator(".bar-options [role=option]")).to_have_text(list(options), use_inner_text=True)


def counted(words: str, count: int) -> str:
    return f"{words}\n{count}"


def choose_field(page: Page, text: str) -> None:
    press(page, "f")
    page.wait_for_selector("[data-input]:focus")
    page.keyboard.type(text)
    press(page, "Enter")


def has_values(page: Page, *values: str) -> None:
    expect(page.locator(".bar-token")).to_have_text(list(values))


def test_several_values_are_chosen_from_the_suggestions(page: Page) -> None:
    choose_field(page, "regi")
    offers(page, counted("Kent", 3), counted("Wien", 2), counted("New Kent", 1))
    page.keyboard.type("kent")
    offers(page, counted("Kent", 3), counted("New Kent", 1), '"kent"\nas typed')
    press(page, "Enter", "ArrowDown", "ArrowDown", "Enter")
    has_values(page, "Kent", "New Kent")
    press(page, "Backspace", "Enter")
    page.wait_for_url("**region=Kent")
    page.wait_for_selector("text=3 records")
    expect(page.locator(".chip-condition")).to_have_text("Region is Kent", use_inner_text=True)


def test_a_condition_is_one_of_several_and_its_chip_is_changed(page: Page) -> None:
    choose_field(page, "region")
    page.get_by_label("How to compare").first.select_option("contains")
    page.keyboard.type("wi")
    press(page, "Enter")
    page.get_by_role("button", name="Or another condition").press("Enter")
    page.keyboard.type("plan")
    expect(page.locator(".bar-options [role=option]").first).to_contain_text("plan.of.2024")
    press(page, "Enter")
    page.keyboard.type("g")
    press(page, "Enter")
    has_values(page, "g")
    press(page, "Enter")
    page.wait_for_url("**any1.region~=wi&any1.custom.plan.of.2024=g")
    page.wait_for_selector("text=4 records")
    page.locator("[data-edit]").press("Enter")
    expect(page.locator(".bar-done")).to_have_text("Region contains wi, or")
    press(page, "Backspace", "Backspace", "Backspace", "Backspace", "Enter")
    page.wait_for_selector("text=7 records")


def test_escape_closes_it_and_gives_the_focus_back(page: Page) -> None:
    choose_field(page, "region")
    press(page, "Escape")
    page.wait_for_selector("#add-filter:focus")
    expect(page.locator(".filter-builder")).to_be_hidden()


def test_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.click("#add-filter")
    expect(page.locator(".bar-options [role=option]").first).to_be_visible()
    fits(page)


def test_an_id_is_looked_up_and_is_in_no_address(page: Page) -> None:
    choose_field(page, "user")
    page.keyboard.type("nobody")
    press(page, "Enter")
    page.wait_for_url("**user=u-*")
    assert "nobody" not in page.url
