"""The API page's code for Google Tag Manager and for any site, in a real Chromium on a page of another origin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from interactions.connectors import Options, ga4
from interactions.console.sites import sites as shown_sites
from tests.clients.conftest import CLIENTS
from tests.integrations.conftest import Shop, Sites

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

MUG = {
    "item_id": "SKU-1",
    "item_name": "Mug",
    "item_category": "Kitchen",
    "item_category2": "Mugs",
    "price": 12.5,
    "quantity": 2,
}
CUP = {**MUG, "item_id": "SKU-2", "quantity": "1"}
LOOSE = {"item_id": "SKU-3", "item_list_name": "Loose", "item_category": "(not set)"}
#: What sites push, in each of the two forms that Google documents.
EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("view_item", {"currency": "EUR", "value": 12.5, "items": [MUG]}),
    ("view_item_list", {"item_list_name": "Summer", "items": [MUG, CUP]}),
    ("view_item_list", {"items": [LOOSE, MUG]}),
    ("view_item_list", {"items": []}),
    ("select_item", {"items": [CUP]}),
    ("search", {"search_term": "blue mug"}),
    ("view_search_results", {"search_term": "cup"}),
    ("view_promotion", {"promotion_name": "Summer", "items": [MUG]}),
    ("add_to_cart", {"value": 25, "items": [MUG]}),
    ("add_to_cart", {"items": [LOOSE]}),
    ("remove_from_cart", {"items": [CUP]}),
    ("add_to_wishlist", {"items": [MUG]}),
    ("refund", {"transaction_id": "T-9", "value": "12.50", "items": [MUG]}),
    ("purchase", {"transaction_id": "T-77", "value": "29.90", "currency": "EUR", "items": [MUG, CUP]}),
    ("share", {"method": "mail"}),
    ("begin_checkout", {"items": [MUG]}),
    ("scroll", {}),
]
PUSH = """([name, said]) => { dataLayer.push({ecommerce: null}); dataLayer.push({event: name, ecommerce: said}); }"""
GTAG = """([name, said]) => { (function () { dataLayer.push(arguments); })("event", name, said); }"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="de-AT")
    page = context.new_page()
    page.sent = []  # type: ignore[attr-defined]
    page.on(
        "request",
        lambda request: page.sent.append(json.loads(request.post_data)) if "/v1/" in request.url else None,  # type: ignore[attr-defined]
    )
    yield page
    context.close()


def code_of(sites: Sites, name: str) -> str:
    return next(site.text for site in shown_sites(sites.names()) if site.id == name)


def add_tag(page: Page, sites: Sites) -> None:
    """Put the tag into the page, as Tag Manager does: its HTML, whose script then runs."""
    page.evaluate(
        """(html) => document.body.append(document.createRange().createContextualFragment(html))""",
        code_of(sites, "tag_manager"),
    )


def exported(number: int, name: str, said: dict[str, Any]) -> dict[str, Any]:
    """The same event as a row of GA4's export, which has numbers and texts in the same places."""
    params = [{"key": key, "value": {"string_value": value}} for key, value in said.items() if isinstance(value, str)]
    values = [{"key": "value", "value": {"double_value": float(said["value"])}}] if "value" in said else []
    return {
        "event_name": name,
        "event_timestamp": 1_793_000_000_000_000 + number,
        "user_pseudo_id": "1.2",
        "event_params": params + values,
        "items": said.get("items", []),
    }


def said_of(record: dict[str, Any]) -> dict[str, Any]:
    """What a record says of its subject: all but who, when, where, and the uuid."""
    custom = {key: value for key, value in record["context"]["custom_context"].items() if key != "uuid"}
    rest = {key: value for key, value in record.items() if key not in ("anonymous_id", "timestamp", "context")}
    return rest | {"custom": custom}


@pytest.mark.parametrize("form", [PUSH, GTAG], ids=["dataLayer", "gtag"])
def test_each_event_becomes_what_the_connector_makes_of_its_export(
    sites: Sites, page: Page, shop: Shop, form: str
) -> None:
    expected = []
    for number, (name, said) in enumerate(EVENTS):
        made = ga4.interactions(exported(number, name, said), Options())
        expected += made if isinstance(made, list) else []
    page.goto(f"{shop.url}/mugs")
    page.evaluate("window.dataLayer = []")
    half = len(EVENTS) // 2
    for each in EVENTS[:half]:
        page.evaluate(form, each)  # before the tag
    add_tag(page, sites)
    add_tag(page, sites)  # a second one adds nothing
    for each in EVENTS[half:]:
        page.evaluate(form, each)
    page.wait_for_function("() => dojoTagManager")  # what is sent is told by then
    records = [record for body in page.sent for record in body["data"]]  # type: ignore[attr-defined]
    assert [said_of(record) for record in records] == [said_of(record) for record in expected]


def test_visitor_user_page_and_campaign_are_named_and_an_order_counts_once(
    sites: Sites, page: Page, shop: Shop
) -> None:
    page.context.add_cookies([{"name": "_ga", "value": "GA1.1.123456.789", "url": shop.url}])
    page.goto(f"{shop.url}/?utm_source=letter&utm_medium=email&gclid=x")
    page.evaluate("window.dataLayer = [{user_id: 'u-9'}]")
    add_tag(page, sites)
    for _ in range(2):  # the page of thanks is loaded again
        page.evaluate(PUSH, ["purchase", {"transaction_id": "T-100", "value": 5, "items": [MUG]}])
    page.evaluate(PUSH, ["view_item", {"items": [MUG]}])
    rows = sites.wait_for_visitor("123456.789", 3)
    assert sorted(row["type"] for row in rows) == ["checkout", "home_page_view", "product_detail_page_view"]
    order = sites.wait_for_uuid("ga4:order:T-100")
    assert (order["user_id"], order["revenue"], order["quantities"]) == ("u-9", 5.0, [2.0])
    assert (order["campaign_source"], order["campaign_medium"], order["page_title"]) == ("letter", "email", "Mugs")
    assert (order["locale"], order["page_url"].startswith(shop.url)) == ("de-AT", True)


def test_a_visitor_without_google_analytics_stays_the_same(sites: Sites, page: Page, shop: Shop) -> None:
    for _ in range(2):
        page.goto(f"{shop.url}/mugs")
        add_tag(page, sites)
        with page.expect_response("**/v1/interactions*"):
            page.evaluate(PUSH, ["search", {"search_term": "mug"}])
    visitors = {body["data"][0]["anonymous_id"] for body in page.sent}  # type: ignore[attr-defined]
    assert len(visitors) == 1


@pytest.mark.parametrize(
    "pushed", [None, 1, "text", [], {"event": 1}, {"event": "purchase", "ecommerce": {"items": 5}}]
)
def test_whatever_is_pushed_breaks_no_page(sites: Sites, page: Page, shop: Shop, pushed: Any) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{shop.url}/mugs")
    add_tag(page, sites)
    assert page.evaluate("(pushed) => dataLayer.push(pushed)", pushed) == 1
    assert errors == []


def test_the_clients_snippet_for_any_site_sends(sites: Sites, page: Page, shop: Shop) -> None:
    client = CLIENTS / "node_modules" / "@miso.ai" / "client-sdk" / "dist" / "umd" / "miso.min.js"
    if not client.exists():
        pytest.skip("The clients are not installed: make test does it.")
    cdn = "https://cdn.jsdelivr.net/npm/@miso.ai/client-sdk@1.3.0/dist/umd/miso.min.js"
    code = code_of(sites, "site")
    assert f'src="{cdn}"' in code
    shop.pages |= {"/miso.min.js": client.read_text(), "/plain": shop.plain + code.replace(cdn, "/miso.min.js")}
    with page.expect_response("**/v1/interactions*") as answered:
        page.goto(f"{shop.url}/plain")
    assert answered.value.status == 200
    (record,) = page.sent[0]["data"]  # type: ignore[attr-defined]
    (row,) = sites.wait_for_visitor(record["anonymous_id"], 1)
    assert (row["type"], row["product_ids"]) == ("product_detail_page_view", ["SKU-1042"])
