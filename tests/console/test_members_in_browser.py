"""Members in a real browser: from the owner's dialog to the newcomer's first page, and the log of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.looks import PATIENCE, expect, says
from tests.processes import Dojo, add_environment, log_in, unused

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ENVIRONMENT = "crew"
FRESH = "staple a horse to it"
pytestmark = [pytest.mark.slow, pytest.mark.browser]


def opened(browser: "Browser", dojo: Dojo) -> "Page":
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    add_environment(dojo, ENVIRONMENT)
    log_in(page)
    page.goto(f"/{ENVIRONMENT}/members/")
    return page


@pytest.fixture
def page(browser: "Browser", dojo: Dojo) -> Iterator["Page"]:
    """The Members page of an environment of its own, of the administrator."""
    refused: list[str] = []
    page = opened(browser, dojo)
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    yield page
    page.context.close()
    assert refused == []  # nothing fails unseen, the content security policy included


def shows(page: "Page", where: str, text: str) -> None:
    """Wait until ``text`` stands there: a click is answered by a request, which takes its time beside other work."""
    page.locator(where).filter(has_text=text).first.wait_for()


def test_a_newcomer_comes_in_by_the_link_and_is_in_the_log(page: "Page", browser: "Browser", dojo: Dojo) -> None:
    name = unused("nina")
    page.click("text=Add member")
    page.fill("#member [name=username]", name)
    page.check("#member [value=viewer]")
    page.click("#member button[type=submit]")
    link = page.inner_text("#link-text")
    shows(page, "#member-list", "No password yet")
    page.click("#member >> text=Done")
    page.wait_for_selector("#link-text", state="detached")  # the dialog keeps nothing

    context = browser.new_context(base_url=dojo.url)
    context.set_default_timeout(PATIENCE)
    newcomer = context.new_page()
    newcomer.goto(link)
    newcomer.fill("[name=password1]", FRESH)
    newcomer.fill("[name=password2]", FRESH)
    newcomer.click("button[type=submit]")
    newcomer.wait_for_url(f"**/{ENVIRONMENT}/")
    expect(newcomer.locator("text=API keys")).to_have_count(0)
    newcomer.goto(f"/{ENVIRONMENT}/keys/")
    says(newcomer, "body", "Ask an owner")
    context.close()

    page.goto(f"/{ENVIRONMENT}/activity/")
    page.select_option("[name=action]", "Members")
    page.wait_for_url("**action=Members")
    shows(page, "#activity-list", f"Member added · member {name}")
    page.wait_for_selector("#activity-list >> text=Logged in", state="detached")


def test_a_role_is_changed_in_a_dialog_and_holds_at_once(page: "Page", dojo: Dojo) -> None:
    name = unused("rolf")
    page.goto(f"/{ENVIRONMENT}/members/new/")  # the same form as a page of its own
    page.fill("[name=username]", name)
    page.click("main button[type=submit]")
    page.click("text=Done")
    page.click(f"[aria-label='Roles of {name}']")
    page.select_option(f"#member [name=role_{ENVIRONMENT}]", "analyst")
    page.click("#member button[type=submit]")
    page.wait_for_selector(f"text=The roles of {name} were changed")
    shows(page, f"tr[data-name={name}]", "Analyst")


def test_a_refusal_is_said_in_its_own_sentence(browser: "Browser", dojo: Dojo) -> None:
    """As where a role changes while the page stands open. The browser's console tells of it, too."""
    page = opened(browser, dojo)
    page.route("**/members/new/", lambda route: route.fulfill(status=403, body="Ask.", content_type="text/plain"))
    page.click("text=Add member")
    page.wait_for_selector("[data-no-answer]:has-text('Ask.')")
    page.context.close()
