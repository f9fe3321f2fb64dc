"""Durations of requests by route, counted in each web process and added up in Redis.

prometheus_client's memory-mapped files aren't used, because growing one on a full disk kills the process.
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final, NamedTuple

import redis

from dojo import heartbeat

logger = logging.getLogger(__name__)

KEY: Final = "dojo:requests"  # a hash: route, method, status and bucket → count; bucket "sum" → seconds
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""The upper bounds of the buckets, in seconds; one more bucket has no bound."""
SUM: Final = "sum"
ROUTE: Final = "dojo.route"
"""The key of the route's name in a request's environ."""
_EVERY_SECONDS: Final = 5.0
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STATIC: Final = "/static/"


class RequestKind(NamedTuple):
    """What requests are counted by. Never URLs, which can name people and are unlimited in number."""

    route: str
    method: str
    status: str


class RequestTimes:
    """Counts of a process that aren't in Redis yet. A thread, started by the first request, sends them."""

    def __init__(self) -> None:
        self._counts: dict[RequestKind, list[int]] = {}
        self._seconds: dict[RequestKind, float] = {}
        self._turn = threading.Lock()
        self._handing = threading.Lock()
        self._thread: threading.Thread | None = None

    def observe(self, environ: Mapping[str, object], status: int, seconds: float) -> None:
        """Count a request with this WSGI environ and the ``seconds`` until its response."""
        kind = RequestKind(_route(environ), _method(environ), str(status))
        with self._turn:
            counts = self._counts.get(kind)
            if counts is None:
                counts = self._counts[kind] = [0] * (len(BOUNDS) + 1)
                self._seconds[kind] = 0.0
            counts[bisect_left(BOUNDS, seconds)] += 1
            self._seconds[kind] += seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="request times", daemon=True)
                self._thread.start()

    def hand_over(self) -> None:
        """Add the counts since the last call to Redis. Raises redis.RedisError, and keeps the counts for the next
        call."""
        with self._handing:
            with self._turn:
                counts, self._counts = self._counts, {}
                seconds, self._seconds = self._seconds, {}
            if not counts:
                return
            try:
                _add(counts, seconds)
            except redis.RedisError:
                self._take_back(counts, seconds)
                raise

    def _take_back(self, counts: Mapping[RequestKind, list[int]], seconds: Mapping[RequestKind, float]) -> None:
        with self._turn:
            for kind, more in counts.items():
                known = self._counts.get(kind, [0] * len(more))
                self._counts[kind] = [one + other for one, other in zip(known, more, strict=True)]
                self._seconds[kind] = self._seconds.get(kind, 0.0) + seconds[kind]

    def _run(self) -> None:
        while True:
            time.sleep(_EVERY_SECONDS)
            try:
                self.hand_over()
            except redis.RedisError as error:
                logger.warning("The times of requests wait for Redis: %s", error)


def _add(counts: Mapping[RequestKind, list[int]], seconds: Mapping[RequestKind, float]) -> None:
    with heartbeat.connect() as client, client.pipeline(transaction=True) as pipe:
        for kind, several in counts.items():
            for bucket, count in enumerate(several):
                if count:
                    pipe.hincrby(KEY, _field(kind, str(bucket)), count)
            pipe.hincrbyfloat(KEY, _field(kind, SUM), seconds[kind])
        pipe.execute()


def read(client: redis.Redis) -> dict[RequestKind, tuple[list[int], float]]:
    """By kind, the number of requests per bucket, and the sum of their seconds. Raises RedisError."""
    found: dict[RequestKind, tuple[list[int], float]] = {}
    rows: dict[str, str] = client.hgetall(KEY)  # type: ignore[assignment]
    for name, value in rows.items():
        *parts, bucket = name.split("|")
        counts, total = found.get(kind := RequestKind(*parts), ([0] * (len(BOUNDS) + 1), 0.0))
        if bucket == SUM:
            total = float(value)
        else:
            counts[int(bucket)] = int(value)
        found[kind] = counts, total
    return found


def _field(kind: RequestKind, bucket: str) -> str:
    return "|".join((*kind, bucket))


def _route(environ: Mapping[str, object]) -> str:
    route = environ.get(ROUTE)
    if route:
        return str(route)
    return "static" if str(environ["PATH_INFO"]).startswith(_STATIC) else "unknown"


def _method(environ: Mapping[str, object]) -> str:
    method = str(environ["REQUEST_METHOD"])
    return method if method in _METHODS else "other"


times = RequestTimes()
"""The counts of this process."""
