"""How pages look in a real browser, where a style can go wrong that no text shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.lakes import append, record
from tests.looks import PATIENCE, expect
from tests.processes import Dojo, add_environment, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
FULL, EMPTY = "look", "look-empty"
START = datetime(2024, 1, 1, tzinfo=UTC)
LANDMARKS = """() => [...document.querySelectorAll("header, nav, main, aside, [role=region], section[aria-labelledby]")]
    .filter((each) => each.offsetParent && !(each.matches("header") && each.closest("main, section")))
    .map((each) => {
      const named = document.getElementById(each.getAttribute("aria-labelledby"));
      const role = each.matches("section, [role=region]") ? "region" : each.localName;
      return `${role} ${each.getAttribute("aria-label") ?? named?.textContent ?? ""}`;
    })"""


@pytest.fixture
def page(browser: "Browser", dojo: Dojo, settings) -> Iterator["Page"]:
    """A page of somebody logged in; one environment has records, one has none."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    if not (settings.LAKE_DIR / FULL).exists():
        add_environment(dojo, FULL)
        add_environment(dojo, EMPTY)
        views = (
            record(
                "product_detail_page_view", (START + timedelta(hours=hour)).isoformat(),
                user_id="u1", product_ids=["p1"], page_url="https://shop.example/p",
            )
            for hour in range(200)
        )  # fmt: skip
        sold = {"user_id": "u1", "product_ids": ["p1"], "region": "Niederösterreich"}
        bought = [
            record("add_to_cart", START.isoformat(), **sold),
            record("checkout", (START + timedelta(hours=1)).isoformat(), revenue=1234.5, quantities=[2], **sold),
        ]
        append([*views, *bought], environment=FULL)
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    log_in(page)
    yield page
    context.close()


def test_the_numbers_of_the_health_page_stand_in_one_column(page: "Page") -> None:
    page.goto(f"/{FULL}/interactions/health/")
    page.wait_for_selector(".check-value")
    ends = page.eval_on_selector_all(".check-value", "all => all.map((each) => each.getBoundingClientRect().right)")
    assert len(ends) > 10
    assert max(ends) - min(ends) < 1


@pytest.mark.parametrize("name", ["", "interactions/", "interactions/records/", "interactions/health/", "keys/"])
def test_what_an_empty_environment_is_told_stands_in_the_middle_of_its_card(page: "Page", name: str) -> None:
    page.goto(f"/{EMPTY}/{name}")
    page.wait_for_selector(".empty-state")
    off = page.eval_on_selector(
        ".empty-state",
        """(card) => {
          const [outer, inner] = [card, card.querySelector("h2")].map((each) => each.getBoundingClientRect());
          return Math.abs(outer.left + outer.right - inner.left - inner.right) / 2;
        }""",
    )
    assert off < 2


@pytest.mark.parametrize("name", ["interactions/", "interactions/records/"])
def test_the_landmarks_of_a_page_are_told_apart_by_their_names(page: "Page", name: str) -> None:
    page.goto(f"/{FULL}/{name}")
    page.wait_for_load_state("networkidle")
    landmarks = page.evaluate(LANDMARKS)
    assert len(landmarks) > 3
    assert len(landmarks) == len(set(landmarks))


def test_on_a_phone_no_table_of_the_dashboard_is_cut_at_its_side(page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/{FULL}/interactions/")
    page.wait_for_selector(".skeleton", state="detached")
    cut = page.eval_on_selector_all(
        ".bars-scroll", "all => all.filter((each) => each.scrollWidth > each.clientWidth + 1).length"
    )
    assert page.locator(".bars-wide").count() > 0
    assert cut == 0


def test_on_a_phone_the_bar_says_in_which_environment_one_is(page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/{FULL}/")
    expect(page.locator(".pane-bar").get_by_text(FULL.title(), exact=True)).to_be_visible()
    expect(page.locator(".environment-menu")).to_be_hidden()


def test_letters_do_not_move_the_page_as_they_come(page: "Page") -> None:
    """On a phone another font's wider words wrapped the buttons below the title for a moment."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(f"/{FULL}/interactions/records/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shift") < 0.05


def test_a_long_number_is_shown_whole_in_its_tile(page: "Page", dojo: Dojo) -> None:
    """Cut off at the tile's edge, 3,703,703,700 read as 3,703,703,70."""
    rich = add_environment(dojo, "look-rich")
    if not (dojo.data_dir / "lake" / rich).exists():
        sale = record("checkout", START.isoformat(), user_id="u1", product_ids=["p1"], revenue=3_703_703_700.0)
        append([sale], environment=rich)
    page.goto(f"/{rich}/interactions/")
    figure = page.locator("[data-figure=revenue]")
    figure.wait_for()
    assert figure.inner_text() == "3,703,703,700"
    assert figure.evaluate("(each) => each.scrollWidth <= each.clientWidth")
