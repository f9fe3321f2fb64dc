"""PostHog's batch exports and webhooks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interactions.connectors import recognised
from tests.connectors.read import AGENT, as_moments, made, skipped


def event(name: str, distinct: str = "d-1", **said: Any) -> dict[str, Any]:
    return {
        "uuid": "01959214-2a21-7cb4-9bc2-b347c93bec22",
        "event": name,
        "distinct_id": distinct,
        "person_id": "01959214-0000-7cb4-9bc2-b347c93bec22",
        "timestamp": "2026-11-02T10:00:00.962000+00:00",
        "created_at": "2026-11-02T10:00:01.100000+00:00",
        "properties": {"$device_id": "d-1"} | said,
    }


def test_an_event_has_its_visitor_page_campaign_region_and_agent() -> None:
    seen = event(
        "Product Viewed",
        product_id="mug-7",
        utm_source="news",
        utm_campaign="winter",
        title="Blue mug",
        **{
            "$current_url": "https://shop.example/p/mug",
            "$referrer": "https://search.example/",
            "$ip": "203.0.113.77",
            "$browser_language": "de-DE",
            "$raw_user_agent": AGENT,
            "$geoip_subdivision_1_name": "Berlin",
        },
    )
    expected = as_moments(
        [
            {
                "type": "product_detail_page_view",
                "anonymous_id": "d-1",
                "timestamp": "2026-11-02T10:00:00.962Z",
                "product_ids": ["mug-7"],
                "context": {
                    "campaign": {"name": "winter", "source": "news"},
                    "truncated_ip": "203.0.113.0",
                    "locale": "de-DE",
                    "region": "Berlin",
                    "page": {
                        "url": "https://shop.example/p/mug",
                        "referrer": "https://search.example/",
                        "title": "Blue mug",
                    },
                    "user_agent": AGENT,
                    "custom_context": {"uuid": "posthog:01959214-2a21-7cb4-9bc2-b347c93bec22", "source": "posthog"},
                },
            }
        ]
    )
    assert made("posthog", seen) == expected
    assert made("posthog", seen | {"properties": json.dumps(seen["properties"])}) == expected
    assert made("posthog", {"event": seen, "person": {"id": "7", "properties": {}}}) == expected


@pytest.mark.parametrize(
    ("distinct", "said", "user", "visitor"),
    [
        ("d-1", {}, None, "d-1"),
        ("cust-1", {}, "cust-1", "d-1"),
        ("d-1", {"$user_id": "cust-1"}, "cust-1", "d-1"),
        ("cust-1", {"$device_id": None}, "cust-1", None),
    ],
)
def test_whoever_is_identified_is_a_user(
    distinct: str, said: dict[str, Any], user: str | None, visitor: str | None
) -> None:
    (record,) = made("posthog", event("Search", distinct, **said))
    assert (record.get("user_id"), record.get("anonymous_id")) == (user, visitor)


def test_nothing_referred_where_posthog_says_direct() -> None:
    (record,) = made("posthog", event("Search", **{"$current_url": "https://shop.example/", "$referrer": "$direct"}))
    assert record["context"]["page"] == {"url": "https://shop.example/"}


def test_other_names_are_skipped() -> None:
    assert skipped("posthog", event("$pageview"), event("$autocapture"), event("Search")) == {
        "$pageview": 1,
        "$autocapture": 1,
    }


def test_properties_that_cannot_be_read_are_none() -> None:
    (record,) = made("posthog", event("Search") | {"properties": "{"})
    assert record["user_id"] == "d-1"


def test_webhooks_and_exports_are_recognised() -> None:
    for document in (event("$pageview"), {"event": event("$pageview"), "person": {}}):
        found = recognised(json.dumps(document).encode())
        assert found is not None
        assert (found.source.NAME, found.names) == ("posthog", {"$pageview": 1})
