"""The Breakdown page in a real browser: the question is asked in its form, its table sorts, and values filter."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.lakes import append, record
from tests.looks import PATIENCE, expect, fits
from tests.processes import Dojo, add_environment, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ENVIRONMENT = "breakdown"
START = datetime(2024, 1, 1, tzinfo=UTC)
PLUS = '{"context":{"custom_context":{"plan":"plus"}}}'


@pytest.fixture
def page(browser: "Browser", dojo: Dojo, settings) -> Iterator["Page"]:
    """A page of somebody logged in, on twenty days of three regions in an environment of their own."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    if not (settings.LAKE_DIR / ENVIRONMENT).exists():
        add_environment(dojo, ENVIRONMENT)
        append(
            (
                record("like", (START + timedelta(days=day)).isoformat(), user_id=f"u{day}", region=region, extra=PLUS)
                for day in range(20)
                for region in ("Kent", *(["Bath"] if day % 2 else []), *(["Hove"] if day % 5 == 0 else []))
            ),
            environment=ENVIRONMENT,
        )
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


def test_a_question_is_asked_sorted_and_narrowed(page: "Page") -> None:
    page.goto(f"/{ENVIRONMENT}/interactions/breakdown/")
    page.select_option("select[name=measure]", "conversion")
    expect(page.locator("[data-goal]")).to_be_visible()
    page.select_option("select[name=measure]", "people")
    expect(page.locator("[data-goal]")).to_be_hidden()
    page.focus("select[name=by]")
    expect(page.locator("option[value='custom.plan']")).to_have_count(1)  # what the records have
    page.select_option("select[name=by]", "region")
    page.click(".breakdown-form [type=submit]")
    page.wait_for_selector("#breakdown-chart canvas")
    names = page.locator("[data-sortable] tbody >> nth=0").locator(".bar-name")
    expect(names).to_have_text(["Kent", "Bath", "Hove"])
    page.click("[data-sort=name]")
    expect(names).to_have_text(["Bath", "Hove", "Kent"])
    page.click("[data-show-table]")
    expect(page.locator(".chart-table thead")).to_have_text("Start, UTCKentBathHove")
    page.click("[data-sortable] a:text-is('Bath')")
    page.wait_for_selector("#breakdown-chart canvas")
    expect(page.locator("[data-chip=region]")).to_have_attribute("aria-label", "Region is Bath. Remove")
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
