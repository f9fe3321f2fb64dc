"""An environment full of markup, and a browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from interactions.analytics import ready
from tests.processes import Dojo, add_environment, log_in, wait_for

from .markup import HERE, KEPT, MARKUP, RAN, bring_in, post, record, search, send, upload_names

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RULE = {"rule": "0", "did-0": "did", "type-0": "custom", "times-0": "1", "when-0": "ever"}
RULE |= {"field-0": "custom", "form-0": "", "key-0": MARKUP, "value-0": MARKUP}
SCHEDULE = {"target": "daily", "format": "jsonl", "every": "day", "weekday": "0", "hour": "3", "start": "all"}
SCHEDULE |= {"time_zone": "UTC"}


@pytest.fixture(scope="package", autouse=True)
def nothing_is_readied() -> None:
    """No thread that the first page begins goes on beside the tests, without a database of its own."""
    ready._begun.set()


@pytest.fixture(scope="package")
def attacked(browser: Browser, dojo: Dojo) -> str:
    """An environment in which everything that people and programs may name is markup."""
    add_environment(dojo, HERE)
    key = dojo.manage("create_api_key", "--environment", HERE, "--kind", "secret", "--name", MARKUP[:100]).split()[-1]
    assert send(dojo, key, record(), search(), {"type": "product_detail_page_view", "product_ids": [MARKUP]}) == 200
    assert send(dojo, key, record(**{MARKUP: 1}), record(timestamp=MARKUP), {"type": MARKUP}) == 422
    assert send(dojo, "unknown", record()) == 401
    bring_in(dojo, HERE)
    context = browser.new_context(base_url=dojo.url)
    page = context.new_page()
    log_in(page)
    _fill(page)
    context.close()
    return HERE


def _fill(page: Page) -> None:
    """What people may write: names of whatever has one, notes, exports, and deletion requests, one of them done."""
    post(page, f"/{HERE}/settings/", form="name", name=MARKUP[:50])
    post(page, f"/{HERE}/members/new/", username="mallory", role="viewer")
    post(page, f"/{HERE}/interactions/exports/", format="csv", product=MARKUP)
    post(page, f"/{HERE}/interactions/exports/schedules/new/", **SCHEDULE)
    post(page, f"/{HERE}/interactions/cohorts/new/", name=MARKUP[:80], **RULE)
    post(page, f"/{HERE}/views/new/", name=MARKUP[:60], page="dashboard", query=urlencode({"product": MARKUP}))
    post(page, f"/{HERE}/notes/new/", day=f"{datetime.now(UTC):%Y-%m-%d}", text=MARKUP)
    link = {"page": "dashboard", "query": urlencode({"product": MARKUP}), "period": "moving", "once": "link"}
    post(page, f"/{HERE}/share-links/new/", name=MARKUP[:60], expires="7", **link)
    post(page, f"/{HERE}/connections/new/", name=MARKUP[:100], source="segment", once="connection")
    upload_names(page)
    page.get_by_role("button", name="Use these names").click()
    page.wait_for_url("**/product-names/")
    about = {"asked_by": KEPT, "reference": KEPT[:100], "note": KEPT}
    post(page, f"/{HERE}/privacy/requests/new/", ids=MARKUP, **about)
    done = post(page, f"/{HERE}/privacy/requests/new/", ids=f"gone {MARKUP}", **about)
    post(page, f"{done}hide/", delay="0")
    wait_for(lambda: page.request.get(f"{done}receipt/").ok, seconds=90, pause=0.5)


@pytest.fixture
def page(browser: Browser, dojo: Dojo, attacked: str) -> Iterator[Page]:
    """Somebody logged in; nothing that asks for their word comes up, and every violation of the policy is kept."""
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    context.add_init_script(RAN)
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    log_in(page)
    yield page
    context.close()
    assert dialogs == []
