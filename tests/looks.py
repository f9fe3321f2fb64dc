"""Looking at a page until it shows what is asserted: a click is answered by requests, which take their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, LocatorAssertions, Page

PATIENCE = 60_000  # milliseconds that anything may take to appear, beside whatever else the machine does


def expect(locator: Locator) -> LocatorAssertions:
    """Playwright's, with our patience."""
    from playwright.sync_api import expect as playwright  # where there is no Playwright, there is no page either

    playwright.set_options(timeout=PATIENCE)
    return playwright(locator)


def says(page: Page, where: str, *texts: str) -> None:
    """Wait until each of these texts is seen in the one place ``where``."""
    for text in texts:
        expect(page.locator(where).first).to_contain_text(text, use_inner_text=True)


def fits(page: Page, width: int = 390) -> None:
    """Wait until the page is no wider than the screen, nor narrower."""
    page.wait_for_function(f"() => document.documentElement.scrollWidth === {width}")


def frames(page: Page, count: int) -> None:
    """Let the page draw itself so many times."""
    page.evaluate(
        """async (count) => {
          for (let drawn = 0; drawn < count; drawn++) await new Promise((done) => requestAnimationFrame(done));
        }""",
        count,
    )
