"""Records as a table: each field in its column, and nothing in it that breaks a rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from interactions.contract import schema
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.keyring import Keyring
from interactions.warehouse.parts import REPEATING_COLUMNS, STATISTICS_COLUMNS
from tests.codec.read import KEYRING, RECEIVED, Record, read_lines

UUID = "123E4567-e89b-12d3-a456-426614174000"


def row(record: Record) -> dict[str, Any]:
    (found,) = read_lines([json.dumps(record).encode()]).table.to_pylist()
    return {name: value for name, value in found.items() if value is not None}


def told(record: Record) -> dict[str, Any]:
    """The row without what every row has."""
    ours = ("type", "timestamp", "import_id", "received_at", "fingerprint", "user_key", "anonymous_key")
    return {name: value for name, value in row(record).items() if name not in ours}


class TestColumns:
    @pytest.mark.parametrize(
        ("record", "columns"),
        [
            ({"type": "like", "user_id": "0", "anonymous_id": "0042"}, {"user_id": "0", "anonymous_id": "0042"}),
            (
                {"type": "like", "product_ids": [], "product_group_ids": ["G"]},
                {"product_ids": [], "product_group_ids": ["G"]},
            ),
            ({"type": "like", "miso_id": UUID}, {"miso_id": UUID}),
            ({"type": "read", "duration": 3}, {"duration": 3.0}),
            ({"type": "rate", "rating": 4.5}, {"rating": 4.5}),
            ({"type": "checkout", "revenue": -1, "quantities": [1, 2]}, {"revenue": -1.0, "quantities": [1.0, 2.0]}),
            ({"type": "checkout", "quantities": 2}, {"quantities": [2.0], "extra": '{"quantities":2.0}'}),
            ({"type": "category_page_view", "category": ["a", "b"]}, {"category": ["a", "b"]}),
            ({"type": "custom", "custom_action_name": "wave"}, {"custom_action_name": "wave"}),
            (
                {"type": "feedback", "question_id": "q", "result_type": "r", "value": "v"},
                {"question_id": "q", "result_type": "r", "value": "v"},
            ),
            ({"type": "search", "search": {"keywords": "k"}}, {"keywords": "k"}),
            (
                {"type": "search", "search": {"keywords": "k", "filters": {"b": ["x"], "a": []}}},
                {"keywords": "k", "extra": '{"search":{"filters":{"a":[],"b":["x"]}}}'},
            ),
            (
                {"type": "like", "context": {"campaign": dict(zip(schema.CAMPAIGN_FIELDS, "abcde", strict=True))}},
                {f"campaign_{name}": value for name, value in zip(schema.CAMPAIGN_FIELDS, "abcde", strict=True)},
            ),
            (
                {"type": "like", "context": {"page": {"url": "u", "referrer": "r", "title": "t"}}},
                {"page_url": "u", "page_referrer": "r", "page_title": "t"},
            ),
            (
                {"type": "like", "context": {"locale": "l", "region": "r", "truncated_ip": "", "user_agent": "u"}},
                {"locale": "l", "region": "r", "truncated_ip": "", "user_agent": "u"},
            ),
            (
                {"type": "like", "context": {"custom_context": {"b": [1, 2.5], "a": None, "c": [{"y": 1, "x": 2}]}}},
                {"extra": '{"context":{"custom_context":{"a":null,"b":[1,2.5],"c":[{"x":2,"y":1}]}}}'},
            ),
            (
                {"type": "like", "context": {"more": [None], "page": {"url": "u", "depth": 2}, "custom_context": {}}},
                {"page_url": "u", "extra": '{"context":{"custom_context":{},"more":[null],"page":{"depth":2}}}'},
            ),
            ({"type": "like", "context": {}}, {"extra": '{"context":{}}'}),
            ({"type": "like", "context": {"campaign": {}}}, {"extra": '{"context":{"campaign":{}}}'}),
            ({"type": "search", "search": {}}, {"extra": '{"search":{}}'}),
            ({"type": "search", "search": {"filters": {}}}, {"extra": '{"search":{"filters":{}}}'}),
            ({"type": "like", "foo": None, "context": None, schema.NOTE: {"line": 1}}, {}),
        ],
    )
    def test_a_field_is_kept_in_its_column_or_in_extra(self, record: Record, columns: dict[str, Any]) -> None:
        assert told(record) == columns

    @pytest.mark.parametrize("kind", schema.TYPES)
    def test_every_type_is_kept(self, kind: str) -> None:
        assert row({"type": kind, **({"custom_action_name": ""} if kind == "custom" else {})})["type"] == kind

    def test_an_instant_is_kept_in_utc_to_the_microsecond(self) -> None:
        found = row({"type": "like", "timestamp": "2024-03-01T01:30:00.123456+02:00"})
        assert found["timestamp"] == datetime(2024, 2, 29, 23, 30, 0, 123456, tzinfo=UTC)
        assert found["received_at"] == RECEIVED

    def test_a_record_without_timestamp_has_the_time_of_its_receipt(self) -> None:
        assert row({"type": "like"})["timestamp"] == RECEIVED

    def test_ids_have_keyed_hashes(self) -> None:
        found = row({"type": "like", "user_id": "a", "anonymous_id": "b"})
        assert (found["user_key"], found["anonymous_key"]) == (KEYRING.key("a"), KEYRING.key("b"))
        assert "user_key" not in row({"type": "like"})
        assert KEYRING.key("a") != Keyring(b"another secret").key("a")

    def test_statistics_name_nobody(self) -> None:
        assert set(STATISTICS_COLUMNS) == {"timestamp", "type", "import_id"}
        assert {name.split(".")[0] for name in REPEATING_COLUMNS} <= set(TABLE_SCHEMA.names)
