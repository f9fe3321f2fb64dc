"""How fast other tools' events become interactions: ``python -m benchmarks.sources [--events N]``.

One process: decoding, mapping and encoding, by the processor's clock, the best of several readings; as lines, and for
batches as a list. What the codec does with the records afterwards is measured by the imports.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.markdown import table
from interactions.connectors import SOURCES, records

EVENTS = 20_000
_READINGS = 5
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
_PAGE = {"url": "https://shop.example/p/mug", "referrer": "https://search.example/", "title": "Blue mug"}
_VARIANT = {"id": "411", "price": {"amount": 12.5, "currencyCode": "EUR"}, "product": {"id": "41", "title": "Mug"}}


def _segment(number: int) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Added",
        "messageId": f"ajs-{number}",
        "anonymousId": f"a-{number % 5000}",
        "userId": f"cust-{number % 3000}",
        "timestamp": "2026-11-02T10:00:00.120Z",
        "sentAt": "2026-11-02T10:00:00.130Z",
        "receivedAt": "2026-11-02T10:00:00.140Z",
        "context": {
            "ip": "203.0.113.77",
            "locale": "de-DE",
            "userAgent": _AGENT,
            "library": {"name": "analytics.js", "version": "next-1.70.0"},
            "page": {"path": "/p/mug", "search": "", **_PAGE},
            "campaign": {"name": "winter", "source": "news", "medium": "email"},
        },
        "properties": {"product_id": f"mug-{number % 700}", "quantity": 2, "price": 12.5, "currency": "EUR"},
    }


def _mixpanel(number: int) -> dict[str, Any]:
    properties = {
        "time": 1_793_613_600 + number,
        "distinct_id": f"cust-{number % 3000}",
        "$insert_id": f"i{number}",
        "$device_id": f"d-{number % 5000}",
        "$current_url": _PAGE["url"],
        "$referrer": _PAGE["referrer"],
        "$browser": "Chrome",
        "$os": "Linux",
        "$region": "Berlin",
        "mp_lib": "web",
        "mp_processing_time_ms": 1_793_613_601_000,
        "utm_source": "news",
        "product_id": f"mug-{number % 700}",
        "quantity": 2,
    }
    return {"event": "Added to Cart", "properties": properties}


def _amplitude(number: int) -> dict[str, Any]:
    said = {"product_id": f"mug-{number % 700}", "quantity": 2, "[Amplitude] Page Location": _PAGE["url"]}
    return {
        "$insert_id": f"amp-{number}",
        "event_type": "Added to Cart",
        "event_time": "2026-11-02 10:00:00.250000",
        "server_upload_time": "2026-11-02 10:00:03.000000",
        "amplitude_id": number % 5000,
        "user_id": f"cust-{number % 3000}",
        "device_id": f"d-{number % 5000}",
        "ip_address": "203.0.113.77",
        "region": "Berlin",
        "platform": "Web",
        "event_properties": said,
        "user_properties": {"utm_source": "news"},
        "data": {"path": "/2/httpapi"},
    }


def _posthog(number: int) -> dict[str, Any]:
    properties = {
        "$device_id": f"d-{number % 5000}",
        "$current_url": _PAGE["url"],
        "$referrer": _PAGE["referrer"],
        "$ip": "203.0.113.77",
        "$browser_language": "de-DE",
        "$raw_user_agent": _AGENT,
        "$geoip_subdivision_1_name": "Berlin",
        "utm_source": "news",
        "product_id": f"mug-{number % 700}",
        "quantity": 2,
    }
    return {
        "uuid": f"01959214-2a21-7cb4-9bc2-{number:012d}",
        "event": "Added to Cart",
        "distinct_id": f"cust-{number % 3000}",
        "timestamp": "2026-11-02T10:00:00.962000+00:00",
        "properties": properties,
    }


def _ga4(number: int) -> dict[str, Any]:
    said = {"page_location": _PAGE["url"], "page_title": _PAGE["title"], "page_referrer": _PAGE["referrer"]}
    return {
        "event_date": "20261102",
        "event_timestamp": str(1_793_613_601_000_000 + number),
        "event_name": "add_to_cart",
        "event_params": [{"key": key, "value": {"string_value": value}} for key, value in said.items()],
        "event_bundle_sequence_id": "77",
        "batch_event_index": str(number % 50),
        "user_pseudo_id": f"{number % 5000}.1793613500",
        "device": {"category": "desktop", "language": "de-de", "web_info": {"browser": "Chrome"}},
        "geo": {"country": "Germany", "region": "Berlin", "city": "Berlin"},
        "collected_traffic_source": {"manual_source": "news", "manual_medium": "email"},
        "items": [{"item_id": f"mug-{number % 700}", "item_category": "Mugs", "price": 12.5, "quantity": "2"}],
    }


def _shopify(number: int) -> dict[str, Any]:
    return {
        "id": 5_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{5_000_000 + number}",
        "browser_ip": "203.0.113.77",
        "client_details": {"accept_language": "de-DE", "user_agent": _AGENT},
        "created_at": "2026-11-03T10:00:02+01:00",
        "total_price": "29.90",
        "customer_locale": "de-DE",
        "landing_site": "/?utm_source=news&utm_medium=email&utm_campaign=winter",
        "customer": {"id": 7000 + number % 3000},
        "line_items": [{"id": 1, "product_id": 41, "variant_id": 411, "quantity": 2, "price": "12.50"}],
    }


def _shopify_pixel(number: int) -> dict[str, Any]:
    document = {"location": {"href": _PAGE["url"]}, "referrer": _PAGE["referrer"], "title": _PAGE["title"]}
    return {
        "id": f"sh-{number}",
        "clientId": f"c-{number % 5000}",
        "name": "product_added_to_cart",
        "timestamp": "2026-11-03T09:00:00.000Z",
        "context": {"document": document, "navigator": {"language": "de-DE", "userAgent": _AGENT}},
        "data": {"cartLine": {"merchandise": _VARIANT, "quantity": 2}},
    }


def _woocommerce(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "order_key": "wc_order_x",
        "status": "processing",
        "date_created_gmt": "2026-11-04T10:30:00",
        "total": "29.90",
        "customer_id": number % 3000,
        "customer_ip_address": "203.0.113.77",
        "customer_user_agent": _AGENT,
        "line_items": [{"id": 315, "product_id": 93, "variation_id": 931, "quantity": 2, "total": "25.00"}],
        "meta_data": [{"id": 1, "key": "_wc_order_attribution_utm_source", "value": "news"}],
    }


_MAKERS = (_segment, _mixpanel, _amplitude, _posthog, _ga4, _shopify, _shopify_pixel, _woocommerce)


def speeds(events: int) -> Iterator[tuple[str, str, float, float]]:
    """Of each source and form: its title, the form, events a second and MB a second."""
    for make in _MAKERS:
        source = SOURCES[make.__name__.lstrip("_")]
        each = [json.dumps(make(number)).encode() for number in range(events)]
        for form, text in (("lines", b"\n".join(each) + b"\n"), ("list", b"[" + b",".join(each) + b"]")):
            seconds = min(_seconds(source.NAME, text, events) for _ in range(_READINGS))
            yield source.TITLE, form, events / seconds, len(text) / seconds / 1e6


def _seconds(name: str, text: bytes, events: int) -> float:
    gc.collect()
    began = time.process_time()
    found = sum(chunk.records for chunk in records(SOURCES[name], io.BytesIO(text)))
    seconds = time.process_time() - began
    if found != events:
        raise SystemExit(f"{name}: {found} records of {events} events")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sources", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"of each source ({EVENTS:,})")
    chosen = parser.parse_args()
    gc.disable()  # as in the workers that read blocks
    rows = [[title, form, f"{rate:,.0f}", f"{size:,.0f}"] for title, form, rate, size in speeds(chosen.events)]
    print(table(["Source", "Form", "Events/s and core", "MB/s"], rows))


if __name__ == "__main__":
    main()
