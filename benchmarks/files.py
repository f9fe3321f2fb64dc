"""The files that are read: one clickstream in the forms that a file may have."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from isal import igzip

from interactions import synthetic

# Always the same period, so that every run makes the same file.
_END = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 90
_CHUNK = 8 << 20
_COLUMNS = {
    "event": "type",
    "time": "timestamp",
    "customer id": "user_id",
    "visitor": "anonymous_id",
    "products": "product_ids",
    "product group": "product_group_ids",
    "quantities": "quantities",
    "revenue": "revenue",
    "duration": "duration",
    "category": "category",
    "query": "search.keywords",
    "url": "context.page.url",
    "title": "context.page.title",
    "referrer": "context.page.referrer",
    "ip": "context.truncated_ip",
    "locale": "context.locale",
    "region": "context.region",
    "user agent": "context.user_agent",
    "campaign": "context.campaign.name",
    "custom_action_name": "custom_action_name",
}


def make_lines(path: Path, records: int, *, seed: int) -> None:
    """Write JSON Lines."""
    synthetic.write(path, records, seed=seed, start=_END - timedelta(days=_DAYS), end=_END)


def make_table(lines: Path, path: Path) -> None:
    """Write the records of ``lines`` as CSV, in columns of other names, without their custom contexts."""
    with lines.open("rb") as source, path.open("w", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for line in source:
            record = msgspec.json.decode(line)
            writer.writerow([_cell(record, place) for place in _COLUMNS.values()])


def _cell(record: dict[str, Any], place: str) -> str:
    value: Any = record
    for part in place.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)


def make_object(lines: Path, path: Path) -> None:
    """Write the records of ``lines`` as ``{"data":[…]}``, as they stand, with a comma and a line break between them."""
    with lines.open("rb") as source, path.open("wb") as target:
        target.write(b'{"data":[\n')
        before = b""
        for line in source:
            target.write(before)
            target.write(line.rstrip(b"\n"))
            before = b",\n"
        target.write(b"\n]}\n")


def make_packed(plain: Path, path: Path) -> None:
    """Write ``plain`` packed with gzip."""
    with plain.open("rb") as source, igzip.open(path, "wb", compresslevel=2) as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)


def make_sample(lines: Path, path: Path, records: int) -> None:
    """Write the first ``records`` lines."""
    with lines.open("rb") as source, path.open("wb") as target:
        target.writelines(islice(source, records))


def warm(path: Path) -> None:
    """Read a file once, so that the system's page cache holds it for whoever reads it next."""
    with path.open("rb") as source:
        while source.read(_CHUNK):
            pass
