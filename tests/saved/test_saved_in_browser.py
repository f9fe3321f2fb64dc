"""In a real browser: a view is saved and shared, a stranger opens the link, and a note marks its day."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.lakes import append, record
from tests.looks import PATIENCE, expect, fits
from tests.processes import Dojo, add_environment, log_in, unused

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def refused() -> Iterator[list[str]]:
    """What a page's scripts or its policy refused: nothing."""
    found: list[str] = []
    yield found
    assert found == []


def opened(context: "BrowserContext", refused: list[str]) -> "Page":
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    return page


@pytest.fixture
def environment(dojo: Dojo, settings) -> str:
    """One with 20 searches in Kent, and 20 likes in Bath."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    name = add_environment(dojo, unused("kept"))
    days = [f"2024-01-{day:02}T12:00:00Z" for day in range(1, 21)]
    append([record("search", day, keywords="tea", region="Kent") for day in days], environment=name)
    append([record("like", day, region="Bath") for day in days], environment=name)
    return name


@pytest.fixture
def page(browser: "Browser", dojo: Dojo, refused: list[str]) -> Iterator["Page"]:
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 900})
    page = opened(context, refused)
    log_in(page)
    yield page
    context.close()


def test_a_view_is_saved_shared_and_opened_without_a_log_in(
    browser: "Browser", dojo: Dojo, environment: str, page: "Page", refused: list[str]
) -> None:
    page.goto(f"/{environment}/interactions/?region=Kent")
    expect(page.locator('[data-figure="interactions"]')).to_have_text("20")
    page.click("#views-chip")
    page.click("text=Save this view")
    page.fill("[name=name]", "Kent alone")
    page.click("button:has-text('Save view')")
    page.wait_for_url("**/interactions/?region=Kent")
    page.click("#views-chip")
    expect(page.locator(".views-list a[aria-current]")).to_contain_text("Kent alone")

    page.click("text=Share by link")
    page.fill("[name=name]", "For the agency")
    page.click("button:has-text('Create link')")
    address = page.locator("#link-text").inner_text()

    stranger = browser.new_context(viewport={"width": 390, "height": 844})
    seen = opened(stranger, refused)
    seen.goto(address)
    expect(seen.locator('[data-figure="interactions"]')).to_have_text("20")
    expect(seen.locator("#over-time canvas")).to_have_count(1)
    expect(seen.locator(".pane")).to_have_count(0)
    fits(seen)
    seen.goto(f"{dojo.url}/{environment}/interactions/")
    assert "/login/" in seen.url
    stranger.close()


def test_a_note_is_written_beside_the_chart_and_marks_its_day(environment: str, page: "Page") -> None:
    page.goto(f"/{environment}/interactions/")
    expect(page.locator('[data-figure="interactions"]')).to_have_text("40")
    page.click("[title='Add note']")
    page.fill("#saved [name=day]", "2024-01-08")
    page.fill("#saved [name=text]", "Sale began")
    page.click("#saved button:has-text('Add note')")
    expect(page.locator(".notes")).to_contain_text("Sale began")
    page.wait_for_function(
        """() => {
          const chart = window.echarts.getInstanceByDom(document.getElementById("over-time"));
          return chart?.getOption().series[0].markLine?.data.length === 1;
        }"""
    )
