"""Records and files of them, small and plain, for tests of the import."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]
START = datetime(2024, 3, 1, tzinfo=UTC)


def record(number: int, **fields: Any) -> Record:
    """A good record, different from that of every other number; None takes a field away."""
    made = {
        "type": "product_detail_page_view",
        "user_id": f"user-{number}",
        "product_ids": [f"product-{number}"],
        "timestamp": (START + timedelta(seconds=number)).isoformat(),
        **fields,
    }
    return {name: value for name, value in made.items() if value is not None}


def records(count: int, start: int = 0, **fields: Any) -> list[Record]:
    return [record(number, **fields) for number in range(start, start + count)]


def with_uuid(number: int, uuid: str, **fields: Any) -> Record:
    return record(number, context={"custom_context": {"uuid": uuid}}, **fields)


BAD = {"type": "rate", "rating": "five"}  # two causes need two of them: this is one


def as_lines(made: Iterable[Record | str]) -> bytes:
    return b"".join((each if isinstance(each, str) else json.dumps(each)).encode() + b"\n" for each in made)


def as_list(made: Sequence[Record | str]) -> bytes:
    return b"[" + _joined(made) + b"]"


def as_object(made: Sequence[Record | str]) -> bytes:
    return b'{"data": [' + _joined(made) + b"]}"


def packed(text: bytes) -> bytes:
    return gzip.compress(text, 1, mtime=0)


def _joined(made: Sequence[Record | str]) -> bytes:
    return b",\n".join((each if isinstance(each, str) else json.dumps(each)).encode() for each in made)
