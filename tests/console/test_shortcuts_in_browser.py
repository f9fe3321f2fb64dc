"""The keyboard: Ctrl-K goes anywhere, "?" shows the shortcuts, and the focus is where one goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.console.test_accessibility_in_browser import AXE, RUN
from tests.looks import PATIENCE, expect
from tests.processes import ADMIN, Dojo, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def page(browser: "Browser", dojo: Dojo) -> Iterator["Page"]:
    """Somebody logged in, on the overview."""
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    context.add_init_script(path=AXE)
    page = context.new_page()
    log_in(page)
    yield page
    context.close()


def test_ctrl_k_goes_to_a_page(page: "Page") -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("acti")
    expect(page.get_by_role("option").first).to_contain_text("Activity")
    page.keyboard.press("Enter")
    page.wait_for_url("**/production/activity/")


def test_ctrl_k_goes_to_an_environment_by_arrow_keys(page: "Page") -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("environment")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    while "Playground" not in chosen.inner_text():
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/playground/")


def test_the_list_says_that_nothing_matches_and_escape_closes_it(page: "Page") -> None:
    page.get_by_role("button", name="Go to").click()
    page.keyboard.type("no such page")
    expect(page.locator(".palette-none")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_a_question_mark_shows_the_shortcuts_but_can_be_typed(page: "Page") -> None:
    page.goto("/production/settings/")
    page.locator("input[type=text]").first.press("?")
    expect(page.locator("#shortcuts")).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("key", ["Control+k", "?"])
def test_both_are_accessible(page: "Page", key: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.keyboard.press(key)
    page.locator("dialog[open]").wait_for()
    assert page.evaluate(RUN) == []


def test_a_wrong_password_keeps_the_focus_on_the_password(page: "Page", dojo: Dojo) -> None:
    page.context.clear_cookies()
    page.goto("/login/")
    page.fill("[name=username]", ADMIN)
    page.fill("[name=password]", "wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    expect(page.locator("[name=password]")).to_be_focused()


def test_after_a_step_of_the_wizard_the_focus_is_at_the_heading(page: "Page", tmp_path: Path) -> None:
    (tmp_path / "likes.jsonl").write_text('{"type": "like"}\n')
    page.goto("/development/interactions/imports/new/")
    page.set_input_files("#file", tmp_path / "likes.jsonl")
    heading = page.locator("#wizard [data-focus]")
    expect(heading).to_be_focused()
    page.get_by_role("button", name="Next step").click()
    page.wait_for_url("**/load/")
    expect(heading).to_be_focused()


def test_whoever_closes_the_page_of_a_file_that_is_being_sent_is_asked(page: "Page", tmp_path: Path) -> None:
    (tmp_path / "slow.jsonl").write_text('{"type": "like"}\n')
    page.goto("/development/interactions/imports/new/")
    page.route("**/uploads/**", lambda route: None)  # never answered
    page.locator("h1").click()  # a browser asks only somebody who did something on the page
    page.set_input_files("#file", tmp_path / "slow.jsonl")
    page.get_by_role("button", name="Pause").wait_for()
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()
