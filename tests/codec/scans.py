"""What the tests of scanning have in common: whether a text is taken, and whether the ways agree on it."""

from __future__ import annotations

import json
from unittest import mock

import msgspec
from hypothesis import settings

from interactions.codec import scanned as scanning_of_texts
from interactions.codec.check import check_bytes
from interactions.codec.custom import Customs
from interactions.codec.record import list_decoder
from interactions.codec.scanned import Scanned, Scanner
from interactions.codec.table import Doubtful, Origin, to_table
from tests.codec.reading import KEYRING, RECEIVED, Record

ORIGIN = Origin(7, RECEIVED)
many = settings(max_examples=200)
pieces = msgspec.json.Decoder(list[msgspec.Raw])
UUID = "123E4567-e89b-12d3-a456-426614174000"
FULL: Record = {
    "type": "checkout",
    "timestamp": "2024-02-29T23:59:59.5+05:30",
    "user_id": "Jürgen",
    "anonymous_id": "😀",
    "product_ids": ["a", "", "0042"],
    "product_group_ids": [],
    "miso_id": UUID,
    "quantities": [1, 2.5],
    "revenue": -19.99,
    "context": {
        "campaign": {"name": "n", "source": "s", "medium": "m", "term": "t", "content": "c"},
        "truncated_ip": "10.0.255.0",
        "locale": "de-DE",
        "region": "Köln",
        "page": {"url": 'https://a.example/?q="1"&r=\\', "referrer": None, "title": "Zwei\nZeilen"},
        "user_agent": "Mozilla/5.0",
        "custom_context": {"b": [1, 2.0], "a": {"x": 1}.get("x"), "uuid": None, "items": [{"n": 1}]},
    },
}
FULL_RAW = json.dumps(FULL).encode()


def scanned(text: bytes) -> Scanned:
    """All records of a text. Raises Doubtful where not all of them are plain."""
    with mock.patch.object(scanning_of_texts, "FEW", 1):
        found = Scanner(ORIGIN, KEYRING, Customs()).read(text)
    if text[found.end :].strip(b" \t\r\n,"):
        raise Doubtful("rest")
    return found


def takes(text: bytes) -> bool:
    try:
        return bool(scanned(text).records)
    except Doubtful:
        return False


def agrees(text: bytes) -> None:
    """Where the text is taken, the rule book has nothing against it, and makes the same rows; so does the typed way
    where it knows all fields."""
    try:
        found = scanned(text)
    except Doubtful:
        return
    checked = [check_bytes(bytes(piece)) for piece in pieces.decode(b"[" + text + b"]")]
    records = [one.record for one in checked if one.record is not None]
    assert found.records == len(records) == len(checked)
    assert found.untimed == sum(record.timestamp is None for record in records)
    (table,) = found.tables
    table.validate(full=True)
    rests = [one.rest for one in checked]
    assert table.to_pylist() == to_table(records, ORIGIN, KEYRING, rests=rests).to_pylist()
    if not any(rests):
        typed = list_decoder.decode(b"[" + text + b"]")
        assert table.to_pylist() == to_table(typed, ORIGIN, KEYRING).to_pylist()
