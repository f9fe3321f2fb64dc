"""The API page in a real browser: tabs by keyboard, the table by type, a test interaction sent and seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.looks import PATIENCE, expect, fits, says
from tests.processes import log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def opened(dojo_server: str, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(base_url=dojo_server, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    log_in(page)
    yield page
    context.close()


@pytest.fixture
def page(opened: Page) -> Page:
    opened.set_viewport_size({"width": 1440, "height": 900})
    opened.goto("/playground/api/")
    return opened


def test_arrow_keys_lead_through_the_clients(page: Page) -> None:
    page.focus("#tab-curl")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-python")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#code-python")).to_be_visible()
    expect(page.locator("#code-curl")).to_be_hidden()


def test_choosing_a_type_shows_its_fields_alone(page: Page) -> None:
    page.select_option("#fields-type", "rate")
    names = page.locator("table.fields td:first-child")
    expect(names.filter(has_text=re.compile("^rating$"))).to_have_count(1)
    expect(names.filter(has_text=re.compile("^revenue$"))).to_have_count(0)
    expect(page.locator("#fields-type")).to_have_value("rate")


def test_another_type_brings_another_record_with_an_id_of_its_own(page: Page) -> None:
    ids = set()
    for kind in ("search", "rate", "search"):
        page.select_option("#test-type", kind)
        expect(page.locator("#test-body")).to_have_value(re.compile(f'"type": "{kind}"'))
        record = json.loads(page.input_value("#test-body"))["data"][0]
        ids.add(record["context"]["custom_context"]["uuid"])
    assert len(ids) == 3


def test_a_test_interaction_is_answered_in_place_and_seen_on_live(page: Page) -> None:
    page.select_option("#test-type", "bookmark")
    page.get_by_role("button", name="Send to Playground").press("Enter")
    page.wait_for_selector(".outcome")
    says(page, ".outcome", "200 OK")
    page.get_by_role("link", name="See it on Live").click()
    page.wait_for_url("**/playground/live/")
    page.get_by_text(re.compile("API-page")).first.wait_for()


def test_a_mended_body_can_be_sent_after_a_refused_one(page: Page) -> None:
    good = page.input_value("#test-body")
    page.fill("#test-body", "{")
    page.get_by_role("button", name="Dry run").click()
    page.get_by_text("400 Bad Request").wait_for()
    page.fill("#test-body", good)
    page.get_by_role("button", name="Dry run").click()
    page.get_by_text("1 record checked, nothing stored").wait_for()


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
