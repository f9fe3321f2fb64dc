"""Add calls to the ring, and remove what exceeds its limits."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Final

import redis
from msgspec.msgpack import encode

from interactions.ingest.live.calls.body import kept_of
from interactions.ingest.live.calls.connection import MOST_BYTES, MOST_CALLS, SECONDS, connect, key
from interactions.ingest.live.calls.delivery import Delivery, DeliveryCause, causes

log = logging.getLogger(__name__)

_MOST_CAUSES: Final = 2000  # minutes × causes per hour; more are counted together, as clients could invent any number
_OTHERS: Final = DeliveryCause("", "Other problems.")
_PAUSE_SECONDS: Final = 5.0  # without trying, after Redis didn't respond

# Atomic, so that concurrent writers count correctly. A call over the byte limit keeps its row without the body.
_PUSH: Final = """
local order, heads, sizes, bytes, stem = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1]
local most, limit, seconds = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local id = tonumber(redis.call('ZREVRANGE', order, 0, 0)[1] or '0')
local total = tonumber(redis.call('GET', bytes) or '0')
for at = 5, #ARGV, 2 do
  id = math.max(id + 1, now)
  local name = string.format('%.0f', id)
  redis.call('ZADD', order, name, name)
  redis.call('HSET', heads, name, ARGV[at])
  if #ARGV[at + 1] > 0 then
    redis.call('SET', stem .. name, ARGV[at + 1], 'EX', seconds)
    redis.call('ZADD', sizes, name, name .. ':' .. #ARGV[at + 1])
    total = total + #ARGV[at + 1]
  end
end
local function let_go(member)
  local name, size = string.match(member, '(%d+):(%d+)')
  redis.call('ZREM', sizes, member)
  redis.call('DEL', stem .. name)
  total = total - tonumber(size)
end
local function let_go_up_to(score)
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', order, '-inf', score)) do
    redis.call('ZREM', order, name)
    redis.call('HDEL', heads, name)
  end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', sizes, '-inf', score)) do let_go(member) end
end
let_go_up_to(string.format('%.0f', now - seconds * 1000000))
local first_over = redis.call('ZREVRANGE', order, most, most)[1]
if first_over then let_go_up_to(first_over) end
while total > limit do let_go(redis.call('ZRANGE', sizes, 0, 0)[1]) end
redis.call('SET', bytes, string.format('%.0f', total))
for _, each in ipairs(KEYS) do redis.call('EXPIRE', each, seconds) end
"""
_COUNT: Final = """
local field = ARGV[1]
if redis.call('HEXISTS', KEYS[1], field) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
  field = ARGV[2]
end
redis.call('HINCRBY', KEYS[1], field, ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[5])
"""


class _Away:
    """Whether Redis was down at the last push; logs it once, and once when it's back."""

    def __init__(self) -> None:
        self.until = 0.0

    def is_left_alone(self) -> bool:
        return time.monotonic() < self.until

    def failed(self, error: Exception) -> None:
        if not self.until:
            log.warning("The Live page gets no calls while Redis is down (%s).", type(error).__name__)
        self.until = time.monotonic() + _PAUSE_SECONDS

    def worked(self) -> None:
        if self.until:
            log.warning("Redis is back, the Live page gets calls again.")
        self.until = 0.0


_away = _Away()


def push(deliveries: Iterable[Delivery]) -> None:
    """Add calls to the rings of their environments. Never raises: without Redis they aren't shown."""
    if _away.is_left_alone():
        return
    try:
        _push(deliveries)
    except redis.RedisError as error:
        _away.failed(error)
    except Exception as error:  # noqa: BLE001 - callers have responded already and must continue
        log.error("Calls could not be put on the Live page: %s", type(error).__name__)  # its message may name people
    else:
        _away.worked()


def _push(deliveries: Iterable[Delivery]) -> None:
    rings: dict[str, list[Delivery]] = {}
    counts: dict[tuple[str, int, DeliveryCause], int] = {}
    for delivery in deliveries:
        kept = rings.setdefault(delivery.environment, [])
        if not delivery.is_only_counted:
            kept.append(delivery)
        for cause, count in causes(delivery):
            place = (delivery.environment, int(delivery.at.timestamp()) // 60, cause)
            counts[place] = counts.get(place, 0) + count
    if not rings:
        return
    with connect().pipeline(transaction=False) as pipe:
        for environment, calls in rings.items():
            if not calls:
                continue
            parts = _parts(calls[-MOST_CALLS:])
            keys = [key(environment, name) for name in ("order", "heads", "sizes", "bytes")]
            pipe.eval(_PUSH, len(keys), *keys, key(environment, "sent:"), MOST_CALLS, MOST_BYTES, SECONDS, *parts)
        for (environment, minute, cause), count in counts.items():
            fields = [f"{minute} ".encode() + encode(each) for each in (cause, _OTHERS)]
            hour = key(environment, f"problems:{minute // 60}")
            pipe.eval(_COUNT, 1, hour, *fields, count, _MOST_CAUSES, SECONDS + 3600)
        pipe.execute()


def _parts(calls: list[Delivery]) -> list[bytes]:
    """The head and body of each call in turn, without bodies beyond the byte limit, oldest first."""
    parts: list[bytes] = []
    size = 0
    for delivery in reversed(calls):
        head, sent = kept_of(delivery)
        body = encode(sent) if sent and size < MOST_BYTES else b""
        size += len(body)
        parts += (body, encode(head))
    parts.reverse()
    return parts
