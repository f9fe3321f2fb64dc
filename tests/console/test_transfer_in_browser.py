"""How much a browser loads for the dashboard, the first time somebody opens it."""

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.console.furnished import ENVIRONMENT, furnish
from tests.looks import PATIENCE
from tests.processes import Dojo, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PAGE = f"/{ENVIRONMENT}/interactions/"


@pytest.fixture(scope="module")
def loaded(browser: "Browser", dojo: Dojo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The bytes of each address that the first dashboard requests, and how often it requests its own."""
    furnish(dojo, tmp_path_factory.mktemp("furnished"))
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    log_in(page)
    wire = context.new_cdp_session(page)
    addresses: dict[str, str] = {}
    sizes: Counter[str] = Counter()
    asked: Counter[str] = Counter()

    def begun(event: Any) -> None:
        addresses[event["requestId"]] = urlsplit(event["request"]["url"]).path
        asked[addresses[event["requestId"]]] += 1

    def ended(event: Any) -> None:
        sizes[addresses.get(event["requestId"], "?")] += int(event["encodedDataLength"])

    wire.on("Network.requestWillBeSent", begun)
    wire.on("Network.loadingFinished", ended)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto(PAGE)
    page.wait_for_selector("#over-time canvas")
    page.wait_for_selector("#dashboard:not([aria-busy])")
    context.close()
    return {"sizes": sizes, "asked": asked}


def test_the_first_dashboard_is_at_most_400_kilobytes(loaded: dict[str, Any]) -> None:
    sizes = loaded["sizes"]
    assert sum(sizes.values()) <= 400_000, sizes.most_common(12)


def test_the_dashboards_address_is_requested_once(loaded: dict[str, Any]) -> None:
    assert loaded["asked"][PAGE] == 1
