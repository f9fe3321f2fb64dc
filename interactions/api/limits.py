"""Limit the calls per key and minute, counted in Redis for all web processes together."""

from __future__ import annotations

import logging
import threading
import time

import redis
from django.conf import settings

from interactions.access.keys import Caller
from interactions.api.errors import CallRefused

logger = logging.getLogger(__name__)

_AWAY_SECONDS = 5.0  # after a failure, Redis isn't asked again for this long
_LOTS = 1000  # a process takes a thousandth of the limit at once: asking for each call would double its cost
_KEYS = 10_000  # remembered; bounds the memory


class _Counter:
    """Counts calls by key and minute. All calls are allowed while Redis is away."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._away_until = 0.0
        self._left: dict[tuple[int, int], int] = {}  # by key and minute: calls allowed without asking Redis
        self._counting = threading.Lock()

    def may(self, key_id: int, minute: int, limit: int) -> bool:
        """Count a call of the key; returns whether it's within the limit."""
        place = (key_id, minute)
        if self.has(key_id, minute):
            return True
        lot = self._take(place, limit)
        with self._counting:
            if len(self._left) > _KEYS:
                self._left.clear()
            if lot > 1:
                self._left[place] = self._left.get(place, 0) + lot - 1
        return lot > 0

    def has(self, key_id: int, minute: int) -> bool:
        """Count a call if that's possible without asking Redis; returns whether it was."""
        place = (key_id, minute)
        with self._counting:
            left = self._left.get(place, 0)
            if left:
                self._left[place] = left - 1
        return left > 0

    def _take(self, place: tuple[int, int], limit: int) -> int:
        """The number of calls that this process may allow now; 0 if the limit is reached."""
        lot = max(1, limit // _LOTS)
        if time.monotonic() < self._away_until:
            return lot
        name = f"dojo:calls:{place[0]}:{place[1]}"
        try:
            if self._client is None:
                self._client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
            taken = int(self._client.incrby(name, lot))
            if taken == lot:
                self._client.expire(name, 120)
        except redis.RedisError as error:
            if not self._away_until:
                logger.warning("Calls are not counted, Redis is away: %s", error)
            self._away_until = time.monotonic() + _AWAY_SECONDS
            return lot
        self._away_until = 0.0
        return max(0, min(lot, limit - (taken - lot)))


_counter = _Counter()


def count_at_hand(caller: Caller) -> bool:
    """Count a call without asking Redis; False, and not counted, if Redis has to be asked."""
    return not settings.API_CALLS_PER_MINUTE or _counter.has(caller.key_id, int(time.time() // 60))


def count(caller: Caller) -> None:
    """Count a call. Raises CallRefused (429) if the key has reached the limit of this minute."""
    limit: int = settings.API_CALLS_PER_MINUTE
    if not limit:
        return
    minute, second = divmod(time.time(), 60)
    if not _counter.may(caller.key_id, int(minute), limit):
        wait = str(max(1, round(60 - second)))
        text = f"More than {limit} calls per minute. Try again in {wait} s, with more records per call."
        raise CallRefused(429, text, {"Retry-After": wait})
