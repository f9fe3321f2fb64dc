"""Records each field of which is at some edge of what the codec accepts."""

from __future__ import annotations

import json
import random
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from interactions.codec.rulebook import check_bytes
from interactions.contract import schema
from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse.lake import Lake
from tests.codec.read import plain

Record = dict[str, Any]

MOMENTS = [
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000001Z", "0000-12-31T23:59:59-23:59", "0279-12-21T02:53:09Z"),
    *("1677-09-21T00:12:43Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2262-04-11T23:47:17Z"),
    *("9998-12-31T23:59:59Z", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2024-03-01T09:41:07Z"),
]
TEXTS = [
    "a",
    "\x00",
    "a\x00b",
    "\x1f\x7f",
    "\u2028",
    "\ufeff",
    "ß中",
    "😀",
    "\U0010fffd",
    "\ufffe",
    "=1+1",
    '"',
    "\\",
    "<b>",
    "x" * 512,
]
TEXTS += ["😀" * 512, "-8845298781299428018", "a,b", " ", "\n", "%s", "{{ x }}"]  # fmt: skip
AMOUNTS = [0, -0.0, 1e15, -1e15, 5e-324, 0.1, 10**15, 1e-300]


def at_the_edges(seed: int, count: int) -> list[Record]:
    """Records of all types, each field of which is at some edge of what it may be."""
    chance = random.Random(seed)
    return [_record(chance, schema.TYPES[number % len(schema.TYPES)], number) for number in range(count)]


def _record(chance: random.Random, kind: str, number: int) -> Record:
    text = lambda: chance.choice(TEXTS)  # noqa: E731 - said often below
    record: Record = {
        "type": kind,
        "timestamp": MOMENTS[number % len(MOMENTS)],
        "user_id": f"user {number % 7} {text()[:400]}",
    }
    values: Record = {
        "anonymous_id": text() * 2,
        "product_ids": [text() for _ in range(chance.choice([0, 1, 3, 3000]))],
        "miso_id": "123e4567-e89b-12d3-a456-426614174000",
        "duration": chance.choice(AMOUNTS),
        "revenue": chance.choice(AMOUNTS),
        "rating": chance.choice(AMOUNTS),
        "quantities": chance.choice([1e15, [], [chance.choice(AMOUNTS)] * 3]),
        "category": [text(), "", text() * 9],
        "custom_action_name": text(),
        "search": {"keywords": text(), "filters": {text(): [text(), ""]}},
        "question_id": text(),
        "result_type": "",
        "value": text() * 20,
        "context": {
            "page": {"url": text() * 3, "referrer": "", text(): {"more": [text()]}},
            "campaign": {"name": text(), "source": ""},
            "region": text(),
            "locale": "",
            "user_agent": text() * 5,
            "truncated_ip": "",
            "custom_context": {text(): text(), "big": 10**30, "deep": [_deep(90)], "list": [1, -(2**63)]},
            text(): [None, 1e300, 2**64, {"": []}],
        },
    }
    record |= {name: value for name, value in values.items() if kind in schema.FIELDS[name].types}
    return record


def _deep(levels: int) -> Record:
    return {"in": _deep(levels - 1)} if levels else {}


def accepted(seed: int, count: int) -> list[bytes]:
    """The same as lines of a file, all of which the codec accepts."""
    made = [json.dumps(each, ensure_ascii=False).encode() for each in at_the_edges(seed, count)]
    assert not [checked.violations for checked in map(check_bytes, made) if checked.record is None]
    return made


def said(records: list[Record]) -> list[str]:
    return sorted(map(plain, records))


def rows() -> pa.Table:
    return ds.dataset(Lake("production").files(), format="parquet").to_table().cast(TABLE_SCHEMA)


def in_utc(record: Record) -> Record:
    """As an export has it."""
    if record["timestamp"].startswith("0000"):
        record["timestamp"] = "0001-01-01T23:58:59Z"
    return record
