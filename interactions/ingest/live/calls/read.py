"""Read the ring: the latest calls, one call, and problems over time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.msgpack import decode

from interactions.contract.tombstones import Person
from interactions.ingest.live.calls.body import mentions
from interactions.ingest.live.calls.connection import SECONDS, key, reading
from interactions.ingest.live.calls.delivery import Delivery, DeliveryCause, Sent

_CHUNK: Final = 50


@dataclass(frozen=True, slots=True)
class Minute:
    """How often a cause occurred in the minute starting ``at`` (UTC)."""

    at: datetime
    cause: DeliveryCause
    count: int


def recent(
    environment: str,
    *,
    status: str | None = None,
    key: str | None = None,
    type: str | None = None,  # noqa: A002 - the field's own word
    person: Person | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """The latest calls, newest first, without bodies; ``before`` and ``after`` are ids, both exclusive.

    ``status`` is a number or a class (``422``, ``4xx``), ``key`` a key's prefix. ``person`` searches stored records.
    Raises RingAway.
    """
    found: list[Delivery] = []
    with reading() as client:
        for chunk in _chunks(_ids(client, environment, before, after)):
            heads = [head for head in _heads(client, environment, chunk) if _fits(head, status, key, type)]
            if person:
                held = sent_of(client, environment, [head.id for head in heads])
                heads = [head for head in heads if head.id in held and mentions(held[head.id], person)]
            found += heads
            if len(found) >= limit:
                break
    return found[:limit]


def get(environment: str, id: int) -> Delivery | None:  # noqa: A002 - the field's own word
    """A call with its stored body; None if it isn't stored any more. Raises RingAway."""
    with reading() as client:
        heads = _heads(client, environment, [id])
        if not heads or id <= _oldest():
            return None
        heads[0].sent = sent_of(client, environment, [id]).get(id)
        return heads[0]


def newest(environment: str) -> int:
    """The id of the latest call; 0 if there were none in the last 24 hours. Raises RingAway."""
    with reading() as client:
        last = client.zrevrange(_order(environment), 0, 0)
    return int(last[0]) if last and int(last[0]) > _oldest() else 0


def problems(environment: str, hours: int = 24) -> list[Minute]:
    """How often each cause occurred per minute in the last ``hours`` (at most 24), oldest first.

    Raises RingAway.
    """
    now = int(time.time()) // 60
    first = now - hours * 60 + 1
    found = []
    with reading() as client, client.pipeline(transaction=False) as pipe:
        for hour in range(first // 60, now // 60 + 1):
            pipe.hgetall(key(environment, f"problems:{hour}"))
        for counts in pipe.execute():
            for field, count in counts.items():
                minute, _, cause = field.partition(b" ")
                if int(minute) >= first:
                    at = datetime.fromtimestamp(int(minute) * 60, UTC)
                    found.append(Minute(at, decode(cause, type=DeliveryCause), int(count)))
    return sorted(found, key=lambda each: each.at)


def all_sent(client: Any, environment: str) -> Iterator[tuple[int, Sent]]:
    """Every stored body with its call's id."""
    ids = [int(member.partition(b":")[0]) for member in client.zrange(key(environment, "sizes"), 0, -1)]
    for chunk in _chunks(ids):
        yield from sent_of(client, environment, chunk).items()


def sent_of(client: Any, environment: str, ids: list[int]) -> dict[int, Sent]:
    """The stored bodies of these calls."""
    packed = client.mget([key(environment, f"sent:{each}") for each in ids]) if ids else []
    return {each: decode(body, type=Sent) for each, body in zip(ids, packed, strict=True) if body is not None}


def _order(environment: str) -> str:
    return key(environment, "order")


def _oldest() -> int:
    """The id of a call 24 hours ago."""
    return int((time.time() - SECONDS) * 1e6)


def _ids(client: Any, environment: str, before: int | None, after: int | None) -> list[int]:
    last = f"({before}" if before else "+inf"
    first = f"({max(after or 0, _oldest())}"
    return [int(each) for each in client.zrevrangebyscore(_order(environment), last, first)]


def _heads(client: Any, environment: str, ids: list[int]) -> list[Delivery]:
    found = []
    for each, packed in zip(ids, client.hmget(key(environment, "heads"), ids) if ids else [], strict=True):
        if packed is not None:
            head = decode(packed, type=Delivery)
            head.id = each
            found.append(head)
    return found


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))


def _fits(head: Delivery, status: str | None, key: str | None, type: str | None) -> bool:  # noqa: A002
    if status and status not in (str(head.status), f"{head.status // 100}xx"):
        return False
    if key and head.key_prefix != key:
        return False
    return not type or type in head.types
