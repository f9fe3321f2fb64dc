"""The Records page in a real browser: pages turn, a record opens, a click filters, a file comes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.lakes import append, record
from tests.looks import expect
from tests.processes import Dojo, add_environment

from .wizard.browser import faultless, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ENVIRONMENT = "single"
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def page(browser: Browser, dojo: Dojo, settings) -> Iterator[Page]:
    """The page of somebody logged in, on 120 likes, a minute apart."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    if not (settings.LAKE_DIR / ENVIRONMENT).exists():
        add_environment(dojo, ENVIRONMENT)
        likes = (
            record(
                "like",
                (START + timedelta(minutes=minute)).isoformat(),
                user_id=f"user-{minute % 3}",
                user_key=minute % 3,  # not the hash of this Dojo's: by the id nobody is found
            )
            for minute in range(120)
        )
        append(likes, environment=ENVIRONMENT)
    with faultless(browser, dojo) as context:
        page = context.new_page()
        log_in(page)
        page.goto(f"/{ENVIRONMENT}/interactions/records/")
        page.wait_for_selector("text=120 records")
        yield page


def shows_times(page: Page, count: int, first: str) -> None:
    times = page.locator(".record-time")
    expect(times).to_have_count(count)
    expect(times.first).to_have_text(re.compile(f"{first}$"), use_inner_text=True)


def test_pages_turn_by_key_and_by_click_and_the_address_says_where(page: Page) -> None:
    shows_times(page, 50, "01:59:00")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**after=*")
    shows_times(page, 50, "01:09:00")
    page.locator("[data-turn=older]").first.click()
    shows_times(page, 20, "00:19:00")
    page.reload()
    shows_times(page, 20, "00:19:00")
    page.locator("[data-turn=newer]").first.click()
    shows_times(page, 50, "01:09:00")
    page.go_back()
    shows_times(page, 20, "00:19:00")


def test_a_record_opens_beside_the_list_and_the_next_by_a_key(page: Page) -> None:
    page.locator(".record-time a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#record-json")
    assert json.loads(page.inner_text("#record-json"))["timestamp"] == "2024-01-01T01:58:00Z"
    page.keyboard.press("j")
    page.wait_for_function("() => document.querySelector('#record-json').innerText.includes('01:57:00Z')")
    page.keyboard.press("Escape")
    page.wait_for_selector("#record-json", state="detached")
    page.wait_for_function("() => document.activeElement.innerText.endsWith('01:57:00')")


def test_an_id_in_a_row_filters_by_it(page: Page) -> None:
    page.locator(".record-person a").first.click()
    page.wait_for_selector("text=40 records")
    page.wait_for_url("**user=u-0000000000000002*")
    page.click("[data-chip=user]")
    page.wait_for_selector("text=120 records")


def test_what_is_filtered_is_downloaded(page: Page) -> None:
    page.fill("[name=find]", "user-0")
    page.press("[name=find]", "Enter")
    page.wait_for_selector("text=is no user id")
    assert "user-0" not in page.url
    page.goto(f"/{ENVIRONMENT}/interactions/records/?user=u-0000000000000000")
    page.click("[data-opens=export]")
    page.wait_for_selector("text=Export 40 records")
    page.check("[value=csv]")
    with page.expect_download() as coming:
        page.click("#export [type=submit]")
    with open(coming.value.path()) as file:
        assert len(file.read().strip().splitlines()) == 41


def test_the_choice_of_columns_stays(page: Page) -> None:
    page.click(".columns-menu summary")
    page.check("[name=columns][value=received_at]")
    page.click(".columns-form [type=submit]")
    page.wait_for_selector("th:has-text('Received')")
    page.goto(f"/{ENVIRONMENT}/interactions/records/")
    expect(page.locator("th:has-text('Received')")).to_have_count(1)
