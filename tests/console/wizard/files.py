"""Files to drop in, of which every number is known."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Record = dict[str, Any]

START = datetime(2024, 3, 1, 8, 26, tzinfo=UTC)
CHECKOUTS, REFUNDS, CUSTOMS = 1203, 40, 17


def at(minutes: int) -> str:
    return f"{START + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def orders() -> list[Record]:
    """1,260 records of three types by 90 users and 8 visitors with 25 products, a new one every half hour."""
    records: list[Record] = []
    for number in range(CHECKOUTS + REFUNDS + CUSTOMS):
        record: Record = {"timestamp": at(30 * number), "user_id": f"U-{number % 90:03}"}
        if number < CHECKOUTS:
            products = [f"SKU-{number % 25}", f"SKU-{(number + 1) % 25}"]
            record |= {"type": "checkout", "product_ids": products, "quantities": [1, 2], "revenue": 12.5}
        elif number < CHECKOUTS + REFUNDS:
            record |= {"type": "refund", "product_ids": [f"SKU-{number % 25}"]}
        else:
            record |= {"type": "custom", "custom_action_name": "manual", "anonymous_id": f"visitor-{number % 8}"}
        records.append(record)
    return records


def likes(count: int) -> list[Record]:
    """Records of one type, one a minute, the year after the orders; ``click_id`` tells them apart."""
    year = 365 * 24 * 60
    return [
        {
            "type": "like",
            "timestamp": at(year + number),
            "anonymous_id": f"fan-{number % 50}",
            "product_ids": [f"SKU-{number % 25}"],
            "context": {"custom_context": {"click_id": f"{number:08}", "note": "a record of ordinary length " * 20}},
        }
        for number in range(count)
    ]


def faulty() -> list[Record]:
    """Nine records; three have no timestamp that is one, one is of no known type."""
    records = [{"type": "search", "timestamp": at(number), "user_id": "U-001"} for number in range(9)]
    for number in (2, 4, 7):
        records[number]["timestamp"] = f"2024-02-30 10:0{number}"
    records[5]["type"] = "page_view"
    return records


def as_list(path: Path, records: Iterable[Record]) -> Path:
    """A JSON list, packed by gzip."""
    path.write_bytes(gzip.compress(json.dumps(list(records)).encode(), mtime=0))
    return path


def as_lines(path: Path, records: Iterable[Record]) -> Path:
    """JSON Lines, packed by gzip where the name says so."""
    lines = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    path.write_bytes(gzip.compress(lines, 1) if path.suffix == ".gz" else lines)
    return path


def heavy(path: Path, megabytes: int) -> Path:
    """Few records of a megabyte each: long to send, quick to load."""
    note = "x" * 1_000_000
    return as_lines(
        path,
        (
            {"type": "watch", "timestamp": at(number), "context": {"custom_context": {"note": note}}}
            for number in range(megabytes)
        ),
    )
