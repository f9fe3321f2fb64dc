"""Mixpanel's raw export."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from interactions.connectors import Options
from tests.connectors.read import as_moments, made, skipped

TIME = 1_793_613_600  # 2026-11-02T10:00:00Z


def event(name: str, **properties: Any) -> dict[str, Any]:
    of_all = {"time": TIME, "distinct_id": "cust-1", "$insert_id": "i1", "$device_id": "d-1", "$user_id": "cust-1"}
    return {"event": name, "properties": of_all | properties}


def test_an_event_has_its_user_device_page_campaign_and_region() -> None:
    seen = event(
        "Product Viewed",
        product_id="mug-7",
        utm_source="news",
        utm_campaign="winter",
        **{"$current_url": "https://shop.example/p/mug", "$referrer": "https://search.example/", "$region": "Berlin"},
    )
    assert made("mixpanel", seen) == as_moments(
        [
            {
                "type": "product_detail_page_view",
                "user_id": "cust-1",
                "anonymous_id": "d-1",
                "timestamp": "2026-11-02T10:00:00Z",
                "product_ids": ["mug-7"],
                "context": {
                    "campaign": {"name": "winter", "source": "news"},
                    "region": "Berlin",
                    "page": {"url": "https://shop.example/p/mug", "referrer": "https://search.example/"},
                    "custom_context": {"uuid": "mixpanel:i1", "source": "mixpanel"},
                },
            }
        ]
    )


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("Added to Cart", {"product_id": 7, "quantity": 2}, {"product_ids": ["7"], "quantities": [2]}),
        ("Search", {"query": "mug"}, {"search": {"keywords": "mug"}}),
        ("Product Removed", {"product_id": "m", "quantity": 1}, {"product_ids": ["m"]}),
        (
            "Order Completed",
            {"products": [{"product_id": "m", "quantity": "2"}], "revenue": "25.50", "total": 30},
            {"product_ids": ["m"], "quantities": [2], "revenue": 25.5},
        ),
        ("Product List Viewed", {"category": "Mugs", "products": [{"product_id": "m"}]}, {"category": ["Mugs"]}),
    ],
)
def test_an_event_says_what_its_type_has_fields_for(name: str, said: dict[str, Any], expected: dict[str, Any]) -> None:
    (record,) = made("mixpanel", event(name, **said))
    of_all = {"type", "user_id", "anonymous_id", "timestamp", "context"}
    assert {key: value for key, value in record.items() if key not in of_all} == expected


def test_an_id_with_device_in_front_is_a_visitor() -> None:
    seen = event("Search", distinct_id="$device:d-2")
    del seen["properties"]["$user_id"], seen["properties"]["$device_id"]
    (record,) = made("mixpanel", seen)
    assert record["anonymous_id"] == "d-2"
    assert "user_id" not in record


def test_an_id_that_equals_the_device_is_no_user() -> None:
    seen = event("Search", distinct_id="d-1")
    del seen["properties"]["$user_id"]
    assert "user_id" not in made("mixpanel", seen)[0]


def test_times_of_older_projects_are_read_by_the_clock_of_the_zone_that_is_given() -> None:
    summer = event("Search", time=1_782_900_000)  # 10:00 on July 1, 2026, on the wall
    there = Options(zone=ZoneInfo("Europe/Berlin"))
    assert made("mixpanel", event("Search"), summer, options=there)[0]["timestamp"].hour == 9
    assert made("mixpanel", summer, options=there)[0]["timestamp"].isoformat() == "2026-07-01T08:00:00+00:00"


def test_events_without_a_type_are_skipped_by_name_and_can_be_mapped() -> None:
    opened = event("$mp_web_page_view")
    assert skipped("mixpanel", opened, opened, event("Search")) == {"$mp_web_page_view": 2}
    mapped = Options(types={"$mp_web_page_view": "custom", "Search": None})
    (record,) = made("mixpanel", opened, event("Search"), options=mapped)
    assert (record["type"], record["custom_action_name"]) == ("custom", "$mp_web_page_view")
    assert skipped("mixpanel", opened, event("Search"), options=mapped) == {"Search": 1}
