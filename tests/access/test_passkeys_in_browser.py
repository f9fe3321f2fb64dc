"""Passkeys in a real browser, with an authenticator of Chromium: added, and used with and without a password."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.looks import PATIENCE
from tests.processes import Dojo, add_environment, log_in, unused

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ENVIRONMENT = "passkeys"
FRESH = "staple a horse to it"
pytestmark = [pytest.mark.slow, pytest.mark.browser]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def opened(browser: "Browser", dojo: Dojo) -> "Page":
    """A browser at localhost: no address made of digits may have passkeys."""
    context = browser.new_context(base_url=dojo.url.replace("127.0.0.1", "localhost"))
    context.set_default_timeout(PATIENCE)
    return context.new_page()


@pytest.fixture
def name() -> str:
    """A new member's."""
    return unused("paula")


@pytest.fixture
def page(browser: "Browser", dojo: Dojo, name: str) -> Iterator["Page"]:
    """A new member's, with a passkey device."""
    add_environment(dojo, ENVIRONMENT)
    owner = opened(browser, dojo)
    log_in(owner)
    owner.goto(f"/{ENVIRONMENT}/members/new/")
    owner.fill("[name=username]", name)
    owner.check("[value=viewer]")
    owner.click("main button[type=submit]")
    link = owner.inner_text("#link-text")
    owner.context.close()
    page = opened(browser, dojo)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto(link)
    page.fill("[name=password1]", FRESH)
    page.fill("[name=password2]", FRESH)
    page.click("button[type=submit]")
    page.wait_for_url(f"**/{ENVIRONMENT}/")
    yield page
    page.context.close()
    assert refused == []  # nothing fails unseen, the content security policy included


def test_a_passkey_is_added_and_logs_in_alone_and_after_the_password(page: "Page", name: str) -> None:
    page.goto("/account/second-factor/passkeys/new/")
    page.click("#passkey-add")
    page.wait_for_url("**/codes/")
    assert page.locator(".recovery-codes li").count() == 10
    page.context.clear_cookies()
    page.goto(f"/login/?next=/{ENVIRONMENT}/live/")
    page.click("#passkey-login")
    page.wait_for_url(f"**/{ENVIRONMENT}/live/")
    page.goto("about:blank")  # Live asks for what is new, and would be sent to log in by itself
    page.context.clear_cookies()
    page.goto("/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", FRESH)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/login/second-factor/")
    page.click("#passkey-use")
    page.wait_for_url(f"**/{ENVIRONMENT}/")
    page.goto("/account/second-factor/passkeys/")
    page.click("text=Remove")
    page.click("main button[type=submit]")
    page.get_by_text("You have no passkeys.").wait_for()
