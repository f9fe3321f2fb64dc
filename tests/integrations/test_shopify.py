"""The custom pixel's code of the API page, in a stand-in for Shopify's sandbox, against a running Dojo."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from interactions.connectors import Options, shopify_pixel
from interactions.console.sites import sites as shown_sites
from tests.integrations.conftest import ENVIRONMENT, Shop, Sites

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

SANDBOX = Path(__file__).with_name("shopify_sandbox.js")
ALLOWED = {"analyticsProcessingAllowed": True}
VARIANT = {"id": "411", "price": {"amount": 12.5}, "product": {"id": "41", "title": "Mug"}}
LINE = {"merchandise": VARIANT, "quantity": 2}


def event(name: str, id: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: A002 - the event's own word
    """A customer event as Shopify's documentation has them."""
    href = more.pop("href", "https://shop.example/products/mug?utm_source=news&utm_campaign=winter")
    return {
        "id": id,
        "name": name,
        "clientId": more.pop("visitor", "c-77"),
        "timestamp": "2026-11-03T09:00:00.000Z",
        "type": "standard",
        "context": {
            "document": {"location": {"href": href}, "referrer": "https://search.example/", "title": "Blue mug"},
            "navigator": {"language": "de-DE", "userAgent": "Mozilla/5.0 (X11; Linux x86_64)"},
        },
        "data": data,
    }


def order(number: str, customer: str | None = "7001") -> dict[str, Any]:
    """A check-out as the pixel is told of it, with what names the customer."""
    return {
        "checkout": {
            "email": "someone@example.org",
            "shippingAddress": {"lastName": "Example"},
            "totalPrice": {"amount": 29.9, "currencyCode": "EUR"},
            "order": {"id": number, "customer": customer and {"id": customer}},
            "lineItems": [{"quantity": 2, "variant": VARIANT}, {"quantity": 1, "variant": None, "title": "Tip"}],
        }
    }


EVENTS = [
    event("page_viewed", "p-1", {}),
    event("page_viewed", "p-2", {}, href="https://shop.example/?utm_source=news"),
    event("product_viewed", "p-3", {"productVariant": VARIANT}),
    event("product_viewed", "p-4", {"productVariant": {**VARIANT, "id": "gid://shopify/ProductVariant/412?x=1"}}),
    event("collection_viewed", "p-5", {"collection": {"title": "Mugs", "productVariants": [VARIANT]}}),
    event("collection_viewed", "p-6", {"collection": {"title": "Empty", "productVariants": []}}),
    event("collection_viewed", "p-7", {"collection": {"title": "", "productVariants": [VARIANT]}}),
    event("search_submitted", "p-8", {"searchResult": {"query": "mug", "productVariants": [VARIANT]}}),
    event("product_added_to_cart", "p-9", {"cartLine": LINE}),
    event("product_removed_from_cart", "p-10", {"cartLine": LINE}),
    event("product_added_to_cart", "p-11", {"cartLine": None}),
    event("checkout_completed", "p-12", order("gid://shopify/Order/5001")),
    event("checkout_completed", "p-13", order("5002", None)),
    event("checkout_started", "p-14", order("5003")),
]


def code_of(sites: Sites, key: str = "") -> str:
    return next(site.text for site in shown_sites(sites.names(key)) if site.id == "shopify")


def run(code: str, *steps: Any, privacy: Any = ALLOWED, customer: Any = None) -> list[dict[str, Any]]:
    """The calls that the pixel made, each with its records, and Dojo's answer."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("There is no Node here.")
    told = {"code": code, "steps": steps, "privacy": privacy, "customer": customer}
    done = subprocess.run(
        [node, SANDBOX], input=json.dumps(told), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    calls: list[dict[str, Any]] = json.loads(done.stdout)
    return calls


def records(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for call in calls for record in call["data"]]


def test_each_event_becomes_what_the_connector_makes_of_it(sites: Sites) -> None:
    expected = []
    for each in EVENTS:
        made = shopify_pixel.interactions(each, Options())
        expected += made if isinstance(made, list) else []
    calls = run(code_of(sites), *EVENTS)
    assert records(calls) == expected
    assert {call["status"] for call in calls} == {200}
    assert all(call["keepalive"] for call in calls)
    assert "someone@example.org" not in json.dumps(calls)


def test_a_customer_who_is_signed_in_is_joined_with_the_visitor(sites: Sites) -> None:
    seen = event("product_viewed", "p-20", {"productVariant": VARIANT}, visitor="c-signed-in")
    run(code_of(sites), seen, customer={"id": "gid://shopify/Customer/7007"})
    (row,) = sites.wait_for_visitor("c-signed-in", 1)
    assert row["user_id"] == "7007"


def test_nothing_is_sent_without_consent_and_what_waited_is_sent_with_it(sites: Sites) -> None:
    seen = [event("product_viewed", f"p-3{at}", {"productVariant": VARIANT}) for at in range(3)]
    for privacy in ({"analyticsProcessingAllowed": False}, None):
        assert run(code_of(sites), *seen, privacy=privacy) == []
    calls = run(
        code_of(sites), seen[0], {"consent": True}, seen[1], {"consent": False}, seen[2],
        privacy={"analyticsProcessingAllowed": False},
    )  # fmt: skip
    assert [record["context"]["custom_context"]["uuid"] for record in records(calls)] == [
        "shopify:p-30",
        "shopify:p-31",
    ]


def test_an_order_by_pixel_and_by_webhook_counts_once(sites: Sites) -> None:
    run(code_of(sites), event("checkout_completed", "p-40", order("5040"), visitor="c-buyer"))
    said = {
        "id": 5040,
        "admin_graphql_api_id": "gid://shopify/Order/5040",
        "created_at": "2026-11-03T10:00:02+01:00",
        "total_price": "29.90",
        "customer": {"id": 7001},
        "line_items": [{"product_id": 41, "variant_id": 411, "quantity": 2}],
    }
    last = sites.dojo.manage("create_connection", "shopify", "--environment", ENVIRONMENT).splitlines()[-1]
    made, body = json.loads(last), json.dumps(said).encode()
    signature = base64.b64encode(hmac.digest(made["secret"].encode(), body, hashlib.sha256)).decode()
    headers = {"X-Shopify-Hmac-Sha256": signature}
    with urllib.request.urlopen(urllib.request.Request(sites.host + made["path"], body, headers), timeout=30) as answer:
        assert json.load(answer)["interactions"] == 1
    # What is sent later is moved later: once it is there, the webhook's order was looked at, too.
    run(code_of(sites), event("product_viewed", "p-41", {"productVariant": VARIANT}, visitor="c-after"))
    sites.wait_for_visitor("c-after", 1)
    row = sites.wait_for_uuid("shopify:order:5040")
    assert (row["anonymous_id"], row["user_id"], row["revenue"]) == ("c-buyer", "7001", 29.9)


FRAME = """async ({code, events}) => {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts allow-forms";  // as Shopify's lax sandbox: an origin that is null
  frame.srcdoc = `<script>
    const handlers = [];
    const analytics = {subscribe: (_, handler) => handlers.push(handler)};
    const init = {customerPrivacy: {analyticsProcessingAllowed: true}, data: {}}, browser = {}, api = {};
    const really = fetch;
    window.fetch = async (...all) => {
      try {
        const answer = await really(...all);
        parent.postMessage({status: answer.status, origin, answer: await answer.json()}, "*");
        return answer;
      } catch (error) {
        parent.postMessage({failed: String(error), origin}, "*");
        throw error;
      }
    };
    onmessage = ({data}) => {
      (0, eval)("(() => {" + data.code + "})()");
      data.events.forEach((each) => handlers.forEach((handler) => handler(each)));
    };
  </` + `script>`;
  const said = new Promise((done) => addEventListener("message", ({data}) => done(data)));
  document.body.append(frame);
  await new Promise((done) => (frame.onload = done));
  frame.contentWindow.postMessage({code, events}, "*");
  return said;
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_a_browsers_sandbox_without_an_origin_may_send_with_a_key_for_null(
    sites: Sites, page: Page, shop: Shop
) -> None:
    page.goto(shop.url)
    seen = event("product_viewed", "p-50", {"productVariant": VARIANT}, visitor="c-sandbox")
    bound = sites.key("null")
    found = page.evaluate(FRAME, {"code": code_of(sites, bound), "events": [seen]})
    assert (found.get("status"), found["origin"]) == (200, "null"), found
    sites.wait_for_visitor("c-sandbox", 1)
    elsewhere = sites.key("https://shop.example")
    refused = page.evaluate(FRAME, {"code": code_of(sites, elsewhere), "events": [seen]})
    assert refused["status"] == 403 and "null" in refused["answer"]["message"]
