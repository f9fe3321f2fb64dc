"""People in a real browser: find somebody, open a record, go further back; nothing of it stays in an address."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from interactions.contract.keyring import Keyring
from tests.lakes import append, record
from tests.looks import PATIENCE, expect, fits, says
from tests.processes import Dojo, add_environment, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ENVIRONMENT = "persons"
START = datetime(2024, 1, 1, tzinfo=UTC)
USER = "ann@example.org"


@pytest.fixture
def page(browser: "Browser", dojo: Dojo, settings) -> Iterator["Page"]:
    """The People page of an environment with one user, of 150 records, and a till that she shares with another."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    if not (settings.LAKE_DIR / ENVIRONMENT).exists():
        add_environment(dojo, ENVIRONMENT)
        secret = (dojo.data_dir / "identity_key").read_text().strip()
        keyring = Keyring(secret.encode())
        ann = {"user_id": USER, "user_key": keyring.key(USER)}
        till = {"anonymous_id": "till", "anonymous_key": keyring.key("till")}
        bob = {"user_id": "bob", "user_key": keyring.key("bob")}
        times = [(START + timedelta(minutes=minute)).isoformat() for minute in range(150)]
        records = [record("search", at, keywords=f"tea {place}", **ann) for place, at in enumerate(times)]
        append([*records, record(**ann, **till), record(**bob, **till)], environment=ENVIRONMENT)
    refused: list[str] = []
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    log_in(page)
    page.goto(f"/{ENVIRONMENT}/people/")
    yield page
    context.close()
    assert refused == []  # nothing fails unseen, the content security policy included


def found(page: "Page", identifier: str) -> None:
    page.fill("#find-id", identifier)
    page.press("#find-id", "Enter")
    page.wait_for_selector(".timeline")


def test_somebody_is_found_opened_and_followed_back_to_the_first_record(page: "Page") -> None:
    found(page, USER)
    assert "ann" not in page.url
    rows = page.locator(".timeline-record")
    expect(rows).to_have_count(100)
    rows.first.locator("summary").click()
    expect(rows.first.locator("pre")).to_contain_text('"keywords": "tea 149"')
    page.click("text=Older")
    expect(rows).to_have_count(151)
    expect(page.locator("#timeline-foot")).to_have_text("This is their first record.", use_inner_text=True)
    assert page.url.endswith("/")


def test_a_shared_device_is_listed_and_leads_to_its_users(page: "Page") -> None:
    page.wait_for_selector(".shared-table")
    page.click(".shared-table a")
    page.wait_for_selector("text=A shared device.")
    page.click(".person-links >> text=bob")
    page.wait_for_selector("h1:has-text('bob')")
    says(page, ".person-links", "shared with 1 other")


def test_on_a_phone_nothing_sticks_out(page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    found(page, USER)
    fits(page)
