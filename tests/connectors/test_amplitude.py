"""Amplitude's Export API: lines in gzipped files in a zip."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from interactions import unpack
from interactions.connectors import SOURCES, recognised, records
from tests.connectors.read import as_moments, made, skipped


def event(name: str, **said: Any) -> dict[str, Any]:
    return {
        "$insert_id": "amp-1",
        "uuid": "d0b5b3a6-2e3b-11eb-9a80-0a62134d514d",
        "event_type": name,
        "event_time": "2026-11-02 10:00:00.250000",
        "server_upload_time": "2026-11-02 10:00:03.000000",
        "amplitude_id": 714982,
        "user_id": "cust-1",
        "device_id": "d-1",
        "ip_address": "203.0.113.77",
        "region": "Berlin",
        "language": "German",
        "event_properties": {},
        "user_properties": {},
        "data": {"path": "/2/httpapi"},
    } | said


def test_an_event_has_its_user_device_page_campaign_and_region() -> None:
    seen = event(
        "Product Viewed",
        event_properties={
            "product_id": "mug-7",
            "[Amplitude] Page Location": "https://shop.example/p/mug?x=1",
            "[Amplitude] Page Title": "Blue mug",
            "referrer": "https://search.example/",
        },
        user_properties={"utm_source": "news", "utm_campaign": "winter"},
    )
    assert made("amplitude", seen) == as_moments(
        [
            {
                "type": "product_detail_page_view",
                "user_id": "cust-1",
                "anonymous_id": "d-1",
                "timestamp": "2026-11-02T10:00:00.250Z",
                "product_ids": ["mug-7"],
                "context": {
                    "campaign": {"name": "winter", "source": "news"},
                    "truncated_ip": "203.0.113.0",
                    "region": "Berlin",
                    "page": {
                        "url": "https://shop.example/p/mug?x=1",
                        "referrer": "https://search.example/",
                        "title": "Blue mug",
                    },
                    "custom_context": {"uuid": "amplitude:amp-1", "source": "amplitude"},
                },
            }
        ]
    )


@pytest.mark.parametrize(
    ("name", "said", "kind", "expected"),
    [
        ("Search", {"query": "mug"}, "search", {"search": {"keywords": "mug"}}),
        ("Added to Cart", {"product_id": "m", "quantity": 2}, "add_to_cart", {"product_ids": ["m"], "quantities": [2]}),
        (
            "Order Completed",
            {"products": [{"product_id": "m", "quantity": 1}], "revenue": 12.5},
            "checkout",
            {"product_ids": ["m"], "quantities": [1], "revenue": 12.5},
        ),
    ],
)
def test_the_usual_names_have_their_types(name: str, said: dict[str, Any], kind: str, expected: dict[str, Any]) -> None:
    (record,) = made("amplitude", event(name, event_properties=said))
    of_all = ("user_id", "anonymous_id", "timestamp", "context")
    assert {key: value for key, value in record.items() if key not in of_all} == {"type": kind, **expected}


def test_an_event_without_an_insert_id_is_known_by_its_uuid() -> None:
    (record,) = made("amplitude", event("Search", **{"$insert_id": None}))
    assert record["context"]["custom_context"]["uuid"] == "amplitude:d0b5b3a6-2e3b-11eb-9a80-0a62134d514d"


def test_other_names_are_skipped() -> None:
    assert skipped("amplitude", event("[Amplitude] Page Viewed"), event("session_start")) == {
        "[Amplitude] Page Viewed": 1,
        "session_start": 1,
    }


def test_an_export_is_read_out_of_its_zip(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    lines = b"".join(json.dumps(event("Search")).encode() + b"\n" for _ in range(2))
    with zipfile.ZipFile(path, "w") as archive:
        for hour in (10, 11):
            archive.writestr(f"714982/714982_2026-11-02_{hour}#0.json.gz", gzip.compress(lines))
    with unpack.open_text(path) as file:
        text = file.read()
    found = recognised(text)
    assert found is not None
    assert (found.source.NAME, found.events) == ("amplitude", 4)
    assert sum(chunk.records for chunk in records(SOURCES["amplitude"], io.BytesIO(text))) == 4
