"""Connections in a real browser: one is added, an event arrives, it's given a type, paused, rotated and removed."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.ingest.connections.payloads import SIGNED_UP, VIEWED, compact, signature
from tests.looks import PATIENCE, expect, fits
from tests.processes import Dojo, add_environment, log_in, unused

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def environment(dojo: Dojo) -> str:
    return add_environment(dojo, unused("connected"))


@pytest.fixture
def page(browser: Browser, dojo: Dojo, environment: str) -> Iterator[Page]:
    refused: list[str] = []
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    log_in(page)
    page.goto(f"/{environment}/connections/")
    yield page
    context.close()
    assert refused == []


def call(address: str, secret: str, *events: object) -> tuple[int, dict[str, object]]:
    headers = {"Content-Type": "application/json", **signature("segment", secret, list(events))}
    asked = urllib.request.Request(address, compact(list(events)), headers)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_connection_from_its_first_event_to_its_end(page: Page) -> None:
    page.click("text=Add connection")
    page.fill("[name=name]", "Site")
    page.click("button:has-text('Add connection')")
    address, secret = page.inner_text("#address-text"), page.inner_text("#secret-text")
    assert call(address, "wrong", VIEWED)[0] == 401
    assert call(address, secret, VIEWED, SIGNED_UP)[0] == 200

    page.click("text=See what arrives")
    row = page.locator("#arrivals tr", has_text="Product Viewed")
    expect(row.locator("[data-label=Interactions]")).to_have_text("1")
    fits(page, 1440)
    page.click("text=Edit types")
    page.locator("tr", has_text="Signed Up").locator("select").select_option("subscribe")
    page.click("text=Save types")
    page.wait_for_selector("text=1 event type changed")
    assert call(address, secret, {**SIGNED_UP, "messageId": "another"})[1]["interactions"] == 1

    page.click("nav >> text=Connections")
    page.click("main >> text=Site")
    page.click("text=Pause")
    page.wait_for_selector("text=This connection is paused.")
    assert call(address, secret, {**VIEWED, "messageId": "late"})[1]["interactions"] == 0
    page.click("button:has-text('Resume')")
    page.wait_for_selector("text=was resumed")

    page.click("text=Rotate")
    page.check("text=Right away")
    page.click("text=Rotate address")
    other = page.inner_text("#address-text")
    assert call(address, secret, VIEWED)[0] == 401
    assert call(other, secret, VIEWED)[0] == 200

    page.click("text=See what arrives")
    page.click("text=Remove")
    page.click("button:has-text('Remove connection')")
    page.wait_for_selector("text=was removed")
    assert call(other, secret, VIEWED)[0] == 401


def test_its_pages_fit_a_phone(page: Page, environment: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for address in ("", "new/", "new/pull/", "types/segment/"):
        page.goto(f"/{environment}/connections/{address}")
        fits(page)
