"""Step-by-step guides for entering a connection's address in each tool. Every source that can send has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Guide:
    """``sends`` describes the events, ``steps`` are the steps in the tool.

    ``shown_at`` tells where the tool shows its own secret; empty if it uses the one that Dojo generates.
    """

    sends: str
    steps: tuple[str, ...]
    shown_at: str = ""


GUIDES: Final[dict[str, Guide]] = {
    "segment": Guide(
        "Track and page calls, and user deletions.",
        (
            "In Segment, open Connections, then Catalog, and add the destination Webhooks. In RudderStack, add the"
            " destination Webhook.",
            "Connect it to the source whose events you want.",
            "Paste the address as the webhook URL.",
            "Paste the secret as the shared secret.",
            "Enable the destination. Deletions that you file in Segment arrive here as deletion requests.",
        ),
    ),
    "shopify": Guide(
        "Orders, refunds and privacy requests.",
        (
            "In Shopify, open Settings, then Notifications, then Webhooks.",
            "Create a webhook for Order creation and one for Refund create. Format: JSON. URL: the address.",
            "Copy the key that your webhooks are signed with from the foot of that page, and save it here with"
            " Set secret.",
            "For page views and carts, add the custom pixel from the API page, under Shops and sites. Each order counts"
            " once.",
            "If you have an app of your own, paste the address for customers/redact, customers/data_request and"
            " shop/redact in its settings, too.",
        ),
        shown_at="Shopify signs with its own key, which is shown under its list of webhooks.",
    ),
    "woocommerce": Guide(
        "Orders, when they are created and when they change.",
        (
            "In WordPress, open WooCommerce, then Settings, Advanced, Webhooks, and add a webhook.",
            "Status: Active. Topic: Order created. Delivery URL: the address. Secret: the secret.",
            "Save it, then add another one for Order updated with the same address and secret.",
            "For page views and carts, install the WordPress plugin: see the API page, under Shops and sites. Each"
            " order counts once.",
        ),
    ),
    "posthog": Guide(
        "Events, as they are captured.",
        (
            "In PostHog, open Data pipelines, then Destinations, and add HTTP Webhook.",
            "Paste the address as the webhook URL, with the method POST.",
            "Keep the event and its person as the JSON body, and enable it. PostHog signs nothing, so treat the"
            " address like a password.",
        ),
    ),
    "shopify_pixel": Guide(
        "Page views, searches, product views and carts. The API page has code that doesn't need a connection.",
        (
            "Use the code on the API page, under Shops and sites, if you can: it asks for consent, sends nothing that"
            " names the customer's address, and needs no connection.",
            "To send Shopify's own events instead, open Settings in Shopify, then Customer events, and add a custom"
            " pixel. Subscribe to all_standard_events, and send each event to the address as JSON: fetch(address,"
            " {method: 'POST', keepalive: true, body: JSON.stringify(event)}).",
            "Save and connect it. Anyone can read the code of a page, so rotate the address if it's misused.",
        ),
    ),
    "dojo": Guide(
        "Interactions in Dojo's own form, from a tool that can't send an API key.",
        (
            "Paste the address where the tool asks for a webhook URL.",
            "It has to send interactions as JSON with POST: one, a list, or one per line. Nothing is signed, so treat"
            " the address like a password.",
        ),
    ),
}
