"""Interactions of chance with all that questions ask about, and the answers in plain Python."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from interactions.analytics.conditions import CUSTOM, Condition
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.contract.schema import TYPES
from tests.lakes import Record

START = datetime(2024, 3, 20, tzinfo=UTC)  # clocks change on 31 March in Europe
USUAL = ("impression", "product_detail_page_view", "search", "click", "add_to_cart", "checkout", "read", "subscribe")
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/16.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "a shop's own app",
)
REFUND = '{"context":{"custom_context":{"refund_amount":%s}}}'


def traffic(count: int, *, days: int = 30, seed: int = 1, people: int = 40) -> list[Record]:
    """Interactions of all types spread over ``days``, in bursts, some without ids, some of visitors who sign in."""
    chance = Random(seed)
    bursts = [START + timedelta(seconds=chance.randrange(days * 86_400)) for _ in range(max(1, count // 8))]
    return [_interaction(chance, people, chance.choice(bursts)) for _ in range(count)]


def _interaction(chance: Random, people: int, burst: datetime) -> Record:
    kind = chance.choice(USUAL) if chance.random() < 0.8 else chance.choice(TYPES)
    person = chance.randrange(people)
    # Every third visitor never signs in; every tenth device is shared by two users.
    user = None if person % 3 == 0 else f"u{person if person % 10 else person - chance.randrange(2)}"
    ids = [f"p{chance.randrange(12)}" for _ in range(chance.choice([1, 1, 2, 3]))]
    more = Random(f"{person} {burst} {kind}")  # of its own, so that all else is as it was
    return {
        "campaign_term": more.choice([None, "shoes", "Shoes"]),
        "campaign_content": more.choice([None, None, "banner"]),
        "page_referrer": more.choice([None, "https://Search.example/?q=a", "http://search.example", "https://mail/"]),
        "result_type": more.choice([None, "answer", "source"]) if kind == "feedback" else None,
        "type": kind,
        "timestamp": burst + timedelta(microseconds=chance.randrange(3_600_000_000)),
        "user_id": user if chance.random() < 0.3 else None,
        "anonymous_id": f"a{person}" if chance.random() < 0.9 else None,
        "product_ids": None if kind == "search" else chance.choice([None, [], ids, ids]),
        "quantities": chance.choice([None, [2.0], [float(chance.randrange(4)) for _ in ids]]),
        "revenue": chance.choice([None, float(chance.randrange(500))]) if kind == "checkout" else None,
        "keywords": chance.choice([None, "tea", "Tea", "green tea", "和食器"]) if kind == "search" else None,
        "category": [f"c{chance.randrange(4)}", f"c{chance.randrange(4)}"] if kind == "category_page_view" else None,
        "miso_id": str(UUID(int=chance.randrange(60))) if chance.random() < 0.4 else None,
        "campaign_source": chance.choice([None, None, "mail", "search"]),
        "campaign_medium": chance.choice([None, "cpc"]),
        "campaign_name": chance.choice([None, None, "spring", "sale"]),
        "page_url": chance.choice([None, "https://shop.example/A?x=1", "https://shop.example/A#y", "https://Other.example/b"]),
        "locale": chance.choice([None, "en-GB", "de-DE"]),
        "region": chance.choice([None, "Kent", "Hessen", "Tokyo"]),
        "user_agent": chance.choice([None, *AGENTS]),
        "extra": REFUND % (12.5 * len(ids)) if kind == "refund" else None,
    }  # fmt: skip


def chosen(records: Iterable[Record], asked: Filter) -> list[Record]:
    """Those of ``records`` that a filter is about."""
    return [record for record in records if _is_meant(record, asked)]


def _is_meant(record: Record, asked: Filter) -> bool:
    start, end = asked.period.start, asked.period.end
    return all(
        (
            start is None or record["timestamp"] >= start,
            end is None or record["timestamp"] < end,
            not (asked.types or asked.groups) or record["type"] in asked.all_types,
            *(_meets(record, condition) for condition in asked.conditions),
            *(any(_meets(record, condition) for condition in group) for group in asked.any_of),
        )
    )


def _meets(record: Record, condition: Condition) -> bool:
    has = _contains if condition.contains else _has
    return any(has(record, condition.field, value) for value in condition.values) is not condition.is_not


def _contains(record: Record, field: str, value: Any) -> bool:
    return any(value.lower() in text.lower() for text in texts_of(record, field))


def texts_of(record: Record, field: str) -> list[str]:
    """The texts that a record has for a field."""
    match field:
        case "product_id":
            return [each for each in record.get("product_ids") or [] if each is not None]
        case "category":
            return record.get("category") or []
        case "page_url":
            return [re.split("[?#]", record["page_url"])[0]] if record.get("page_url") is not None else []
        case "referrer":
            text = urlsplit(record.get("page_referrer") or "").hostname
        case _ if field.startswith(CUSTOM):
            context = json.loads(record.get("extra") or "{}").get("context", {}).get("custom_context", {})
            text = _text_of(context.get(field.removeprefix(CUSTOM)))
        case _:
            text = record.get(field)
    return [] if text is None else [text]


def _has(record: Record, field: str, value: Any) -> bool:
    match field:
        case "page_contains":
            return value.lower() in (record.get("page_url") or "").lower()
        case "page_url":
            return re.split("[?#]", value)[0] in texts_of(record, field)
        case "device":
            return device_of(record.get("user_agent")) == value
        case "is_assisted":
            return value == (record.get("miso_id") is not None)
        case "is_live":
            return value == (record.get("import_id", 1) == 0)
        case "import_id":
            return value == record.get("import_id", 1)
        case "referrer":
            return value.lower() in texts_of(record, field)
        case _ if field in ("product_id", "category") or field.startswith(CUSTOM):
            return value in texts_of(record, field)
        case _:
            return value == record.get(field)


def _text_of(scalar: Any) -> str | None:
    if isinstance(scalar, str):
        return scalar
    return json.dumps(scalar) if isinstance(scalar, bool | int | float) else None


class Persons:
    """Whose each record is, by all records there are."""

    def __init__(self, records: Iterable[Record]) -> None:
        users: dict[str, set[str]] = defaultdict(set)
        for record in records:
            if record.get("user_id") is not None and record.get("anonymous_id") is not None:
                users[record["anonymous_id"]].add(record["user_id"])
        self.links = {visitor: min(found) for visitor, found in users.items() if len(found) == 1}

    def of(self, record: Record) -> tuple[str, str] | None:
        """Its user or visitor; None for a record without ids."""
        user, visitor = record.get("user_id"), record.get("anonymous_id")
        user = user if user is not None else self.links.get(visitor)
        if user is not None:
            return ("user", user)
        return None if visitor is None else ("visitor", visitor)

    def timelines(self, records: Iterable[Record]) -> dict[tuple[str, str], list[Record]]:
        """The records of each person, in the order of time."""
        found: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for record in sorted(records, key=lambda each: each["timestamp"]):
            if (person := self.of(record)) is not None:
                found[person].append(record)
        return found

    def session_starts(self, records: Iterable[Record]) -> list[datetime]:
        """When sessions begin, counted with 30 minutes of quiet."""
        starts = []
        for timeline in self.timelines(records).values():
            before = None
            for record in timeline:
                if before is None or record["timestamp"] - before >= timedelta(minutes=30):
                    starts.append(record["timestamp"])
                before = record["timestamp"]
        return starts


def revenue(records: Iterable[Record]) -> float:
    return sum(record.get("revenue") or 0.0 for record in records if record["type"] == "checkout")


def refunds(records: Iterable[Record]) -> float:
    """What refunds say they give back."""
    total = 0.0
    for record in records:
        context = json.loads(record.get("extra") or "{}").get("context", {})
        amount = str((context.get("custom_context") or {}).get("refund_amount", ""))
        if record["type"] == "refund" and re.fullmatch(r"\d+(\.\d+)?", amount):
            total += float(amount)
    return total


def of_types(records: Iterable[Record], *types: str) -> Sequence[Record]:
    return [record for record in records if record["type"] in types]
