"""What messages hold: each is read by itself, whatever stands beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interactions.connectors import Options
from interactions.ingest.connections.read import Arrived
from interactions.ingest.streams import payloads
from interactions.ingest.streams.payloads import Payloads
from interactions.ingest.streams.reader import Key, Slice
from tests.ingest.connections.payloads import ORDER, VIEWED, WOO_ORDER, compact

PLACE = "Topic {}, partition {}, offset {}"


def read(*values: bytes | None, source: str = "") -> Arrived:
    messages = Slice(Key("shop", "3"), list(values), list(range(100, 100 + len(values))))
    return Payloads(source, PLACE, lambda _: Options()).read([messages])


def said(arrived: Arrived) -> list[Any]:
    return list(json.loads(b"[" + arrived.text + b"]"))


def test_halves_of_two_messages_make_no_interaction() -> None:
    arrived = read(b'{"type":"like"', b'"user_id":"ann"}', b'{"type":"like"},{"type":"like"}')
    assert (arrived.records, arrived.refused) == (0, 3)
    assert [each.place for each in arrived.unstored] == [
        f"Topic shop, partition 3, offset {offset}" for offset in (100, 101, 102)
    ]


def test_events_of_several_tools_are_told_apart_message_by_message() -> None:
    own = b'{"type":"like","user_id":"ann"}'
    arrived = read(compact(VIEWED), own, compact(ORDER), compact(WOO_ORDER), own, compact(VIEWED))
    sources = [each.get("context", {}).get("custom_context", {}).get("source") for each in said(arrived)]
    assert sources == ["segment", None, "shopify", "woocommerce", None, "segment"]


def test_a_byte_order_mark_says_nothing() -> None:
    assert said(read(b'\xef\xbb\xbf{"type":"like"}', b"\xef\xbb\xbf" + compact(VIEWED)))[0] == {"type": "like"}


def test_a_named_source_takes_all_messages() -> None:
    arrived = read(compact(VIEWED), b'{"type":"like","user_id":"ann"}', source="segment")
    assert arrived.records == 1
    assert arrived.skipped + arrived.refused == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "The message is empty."),
        (b" \n", "The message is empty."),
        (b"\xf3\x89\x9a\xc2\x0a", payloads.AGGREGATED),
        (b"\x00\x00\x00\x00\x01\x02", "not valid JSON"),
        (b"7", "object"),
        (b"[" * 5000 + b"]" * 5000, "deep"),
        (b'{"type":"like"} {"type":"like"}', "not valid JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(value: bytes, reason: str) -> None:
    arrived = read(value)
    assert (arrived.records, arrived.refused) == (0, 1)
    assert reason in arrived.unstored[0].reason


def test_a_message_that_is_too_large_says_how_large(settings: Any) -> None:
    settings.IMPORT_RECORD_BYTES = 1 << 20
    arrived = read(b'{"type":"like","user_id":"' + b"x" * (3 << 20) + b'"}', b"x" * (3 << 20))
    assert (arrived.records, arrived.refused) == (0, 2)
    assert {each.reason for each in arrived.unstored} == {
        "The message has 3 MB. Dojo takes messages of up to 1 MB (IMPORT_RECORD_BYTES)."
    }


def test_messages_without_anything_in_them_are_skipped() -> None:
    arrived = read(None, b"[]", b'{"data":[]}')
    assert (arrived.records, arrived.skipped, arrived.refused) == (0, 3, 0)


def test_a_batch_of_bad_messages_names_each() -> None:
    """More than the codec names together."""
    arrived = read(*(b'{"type":"like","rating":1,"duration":2,"revenue":3}' for _ in range(4_000)), b'{"type":"like"}')
    assert (arrived.records, arrived.refused) == (1, 4_000)
    assert len({each.place for each in arrived.unstored}) == 4_000
