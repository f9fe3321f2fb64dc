"""An index built in plain Python, row by row: what passes are tested on, and a check on the builder."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa

from interactions.analytics.index.results import results_of
from interactions.analytics.index.run import ASSISTED, NONE, PLACEHOLDER, Index, Pairs, Run, Texts
from interactions.contract.schema import TYPES
from interactions.queries.health_counts import PLACEHOLDERS

from ..lakes import Record, key_of

RECEIVED = datetime(2024, 6, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CAMPAIGN = ("source", "medium", "name")
_STRUCT = pa.struct([(name, pa.string()) for name in _CAMPAIGN])
_COLUMNS = {"agent": "user_agent", "region": "region", "locale": "locale", "page": "page_url", "keywords": "keywords"}


class Codes(dict[Any, int]):
    """Codes in the order in which values are met; None has none."""

    def __missing__(self, value: Any) -> int:
        if value is None:
            return NONE
        self[value] = code = len(self)
        return code


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // (datetime.resolution)


def naive(
    records: Iterable[Record], *, key: Callable[[str | None], int | None] = key_of, runs: int = 1, import_id: int = 1
) -> Index:
    """An index of the records, given as for ``lakes.append``; people are dealt into so many runs."""
    rows = [{"import_id": import_id, "received_at": RECEIVED, **each} for each in records]
    owners = _owners(rows)
    people: dict[tuple[int, int] | None, list[Record]] = defaultdict(list)
    for row in rows:
        people[_person(row, owners, key)].append(row)
    nobodys = people.pop(None, [])
    makers = {name: Codes() for name in (*_COLUMNS, "campaign", "product", "category", "pair")}
    named = sorted(people)
    found = [_run([(who, people[who]) for who in named[number::runs]], makers, key) for number in range(runs)]
    if nobodys:
        found.append(_run([(None, nobodys)], makers, key))
    times = [micros(row["timestamp"]) for row in rows]
    texts = {name: pa.array(list(makers[name]), pa.string()) for name in (*_COLUMNS, "product", "category")}
    campaigns = pa.array([dict(zip(_CAMPAIGN, each, strict=True)) for each in makers["campaign"]], _STRUCT)
    columns = {name: pa.chunked_array([each]) for name, each in {**texts, "campaign": campaigns}.items()}
    ends = (min(times), max(times)) if times else (0, -1)
    return Index("production", 1, tuple(found), _pairs(rows, makers["pair"], key), Texts(**columns), *ends)


def _owners(rows: Sequence[Record]) -> dict[str, str]:
    seen: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.get("user_id") is not None and row.get("anonymous_id") is not None:
            seen[row["anonymous_id"]].add(row["user_id"])
    return {visitor: min(users) for visitor, users in seen.items() if len(users) == 1}


def _person(row: Record, owners: dict[str, str], key: Callable[..., int | None]) -> tuple[int, int] | None:
    user, visitor = row.get("user_id"), row.get("anonymous_id")
    user = owners.get(visitor) if user is None else user
    if user is not None:
        return key(user) or 0, 0
    return None if visitor is None else (key(visitor) or 0, 1)


def _ids(row: Record, key: Callable[..., int | None]) -> tuple[int, int, int]:
    user, visitor = key(row.get("user_id")), key(row.get("anonymous_id"))
    return user or 0, visitor or 0, (user is not None) + 2 * (visitor is not None)


def _pairs(rows: Sequence[Record], codes: Codes, key: Callable[..., int | None]) -> Pairs:
    counted = Counter(_ids(row, key) for row in rows)
    columns = list(zip(*codes, strict=True)) or [(), (), ()]
    return Pairs(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.uint8),
        np.array([counted[pair] for pair in codes], np.int64),
    )


def _run(people: Sequence[tuple[Any, list[Record]]], makers: dict[str, Codes], key: Callable[..., int | None]) -> Run:
    events = [
        row for _, rows in people for row in sorted(rows, key=lambda each: (each["timestamp"], each["received_at"]))
    ]
    ids = [str(UUID(row["miso_id"])) if row.get("miso_id") else None for row in events]
    products = [
        [makers["product"][each] for each in row.get("product_ids") or [] if each is not None] for row in events
    ]
    categories = [sorted({makers["category"][each] for each in row.get("category") or []}) for row in events]
    sales = [
        (place, row) for place, row in enumerate(events) if row["type"] == "checkout" and row.get("revenue") is not None
    ]
    lines = [_lines(row) for _, row in sales]
    is_nobodys = len(people) == 1 and people[0][0] is None
    return Run(
        at=np.array([micros(row["timestamp"]) for row in events], np.int64),
        received=np.array([micros(row["received_at"]) for row in events], np.int64),
        kind=np.array([_kind(row) for row in events], np.uint8),
        source=np.array([row["import_id"] for row in events], np.int32),
        pair=np.array([makers["pair"][_ids(row, key)] for row in events], np.int32),
        **{name: _coded(makers[name], [row.get(column) for row in events]) for name, column in _COLUMNS.items()},
        campaign=_coded(makers["campaign"], [_campaign(row) for row in events]),
        result=results_of(pa.array(ids, pa.string())),
        **_listed("product_starts", "products", products),
        **_listed("category_starts", "categories", categories),
        sale_event=np.array([place for place, _ in sales], np.int64),
        sale_revenue=np.array([row["revenue"] for _, row in sales], np.float64),
        sale_starts=np.cumsum([0, *map(len, lines)]).astype(np.int64),
        line_product=_coded(makers["product"], [product for each in lines for product, _ in each]),
        line_revenue=np.array([revenue for each in lines for _, revenue in each], np.float64),
        people=np.array([] if is_nobodys else [who[0] for who, _ in people], np.int64),
        alone=np.array([] if is_nobodys else [who[1] for who, _ in people], np.uint8),
        starts=np.cumsum([0, *([] if is_nobodys else [len(rows) for _, rows in people])]).astype(np.int64),
        nobody=is_nobodys,
    )


def _kind(row: Record) -> int:
    words = (row.get("user_id"), row.get("anonymous_id"), *(row.get("product_ids") or []))
    is_placeholder = any(word in PLACEHOLDERS for word in words)
    return TYPES.index(row["type"]) | (ASSISTED if row.get("miso_id") else 0) | (PLACEHOLDER if is_placeholder else 0)


def _campaign(row: Record) -> tuple[str | None, ...] | None:
    found = tuple(row.get(f"campaign_{name}") for name in _CAMPAIGN)
    return None if found == (None, None, None) else found


def _lines(row: Record) -> list[tuple[str | None, float]]:
    products, quantities = row.get("product_ids") or [], row.get("quantities") or []
    if len(products) == len(quantities) and all(each >= 0 for each in quantities) and sum(quantities) > 0:
        parts = [each / sum(quantities) for each in quantities]
    else:
        parts = [1 / len(products) for _ in products]
    return [(product, row["revenue"] * part) for product, part in zip(products, parts, strict=True)]


def _coded(codes: Codes, values: Iterable[Any]) -> np.ndarray:
    return np.array([codes[value] for value in values], np.int32)


def _listed(starts: str, codes: str, lists: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
    ends = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    return {starts: ends, codes: np.array([code for each in lists for code in each], np.int32)}
