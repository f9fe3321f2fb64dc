"""Exports of shops that are known by their columns."""

from __future__ import annotations

from datetime import UTC, datetime

from interactions.contract.timestamps import instant
from tests.connectors.table.opened import file, questions, read, suggested

HEADER = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Billing Name,Id\n"
)
LINES = HEADER + (
    "#1001,ann@shop.example,paid,2026-11-02 10:00:05 +0100,EUR,30.00,4.90,34.90,2026-11-02 10:00:00 +0100,"
    "2,Blue mug,12.50,mug-7,Ann A.,5001\n"
    "#1001,ann@shop.example,,,,,,,2026-11-02 10:00:00 +0100,1,Tea,5.00,tea-1,,\n"
    "#1002,bob@shop.example,paid,2026-11-02 11:00:05 +0100,EUR,9.00,0.00,9.00,2026-11-02 11:00:00 +0100,"
    "1,Cup,9.00,cup-1,Bob B.,5002\n"
)


def test_the_lines_of_a_shopify_order_are_the_record_of_its_webhook(tmp_path):
    path = file(tmp_path, LINES)
    assert questions(path) == []
    first, second = read(path).records
    assert instant(first.pop("timestamp")) == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert first == {
        "type": "checkout",
        "product_ids": ["mug-7", "tea-1"],
        "quantities": [2, 1],
        "revenue": 34.9,
        "context": {"custom_context": {"source": "shopify", "uuid": "shopify:order:5001"}},
    }
    assert second["context"]["custom_context"]["uuid"] == "shopify:order:5002"
    assert "Email" not in suggested(path).fields.values()


def test_products_without_a_sku_are_called_by_their_names(tmp_path):
    assert read(file(tmp_path, LINES.replace("tea-1", ""))).records[0]["product_ids"] == ["Blue mug", "Tea"]


def test_an_order_without_an_id_is_called_by_its_number(tmp_path):
    found = read(file(tmp_path, LINES.replace(",5001\n", ",\n"))).records
    assert [record["context"]["custom_context"]["uuid"] for record in found] == [
        "table:order:#1001",
        "shopify:order:5002",
    ]


def test_events_of_posthog_with_json_in_a_column_have_their_products_and_the_uuid_of_its_webhooks(tmp_path):
    said = '"{""product_id"":""mug-7"",""$current_url"":""https://shop.example/p"",""$user_id"":""ann""}"'
    lines = "uuid,event,properties,distinct_id,timestamp\n" + f"u1,Product Viewed,{said},d-1,2026-11-02 10:00:00\n" * 2
    path = file(tmp_path, lines)
    assert questions(path)[0].answer == "UTC"
    record = read(path, suggested(path)).records[0]
    assert (record["user_id"], record["anonymous_id"], record["product_ids"]) == ("ann", "d-1", ["mug-7"])
    assert record["context"]["page"]["url"] == "https://shop.example/p"
    assert record["context"]["custom_context"]["uuid"] == "posthog:u1"
