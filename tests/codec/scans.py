"""What the tests of scanning have in common: whether a text is taken, and whether the rule book agrees on it."""

from __future__ import annotations

import json
from unittest import mock

import msgspec
from hypothesis import settings

from interactions.codec.origin import Origin
from interactions.codec.rulebook import check_bytes
from interactions.codec.scanner import scanner as scanning_of_texts
from interactions.codec.scanner.scanner import Scanned, Scanner
from tests.codec import oracle
from tests.codec.read import KEYRING, RECEIVED, Record

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


def first_scanned(text: bytes, most: int | None = None) -> Scanned:
    """The records of a text up to the first that isn't taken."""
    whole = Scanned()
    for found in Scanner(ORIGIN, KEYRING).read(text, most=most):
        if found.doubtful:
            break
        whole.tables += found.tables
        whole.records += found.records
        whole.untimed += found.untimed
        whole.end = found.end
    return whole


def scanned(text: bytes) -> Scanned | None:
    """All records of a text; None where not all of them are taken."""
    with mock.patch.object(scanning_of_texts, "FEW", 1):
        found = first_scanned(text)
    return None if text[found.end :].strip(b" \t\r\n,") else found


def takes(text: bytes) -> bool:
    found = scanned(text)
    return found is not None and found.records > 0


def agrees(text: bytes) -> None:
    """Where the text is taken, the rule book has nothing against it, what it writes anew makes the same rows, and those
    are what they should be."""
    found = scanned(text)
    if found is None or not found.records:
        return
    raws = [bytes(piece) for piece in pieces.decode(b"[" + text + b"]")]
    checked = [check_bytes(raw).record for raw in raws]
    anew = [raw for raw in checked if raw is not None]
    assert found.records == len(anew) == len(raws)
    (table,) = found.tables
    table.validate(full=True)
    assert table.to_pylist() == [oracle.row(raw, ORIGIN, KEYRING) for raw in raws]
    again = scanned(b",".join(anew))
    assert again is not None
    assert again.untimed == found.untimed == sum(b'"timestamp":' not in raw for raw in anew)
    assert again.tables[0].to_pylist() == table.to_pylist()
