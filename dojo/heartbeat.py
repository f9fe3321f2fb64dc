"""Heartbeats of workers and of the inbox in Redis, so that one query tells whether they're running.

Asking the workers (Celery's ping) would take a broadcast and a second of waiting.
"""

import logging
from typing import Any

import redis
from celery import bootsteps
from django.conf import settings

KEY = "dojo:workers"  # a sorted set: worker's name → time of its last heartbeat, by Redis's clock
INBOX_KEY = "dojo:inbox"  # the same for processes that move live records into the data set
EVERY_SECONDS = 2.0
DEAD_AFTER_SECONDS = 6.0
INBOX_DEAD_AFTER_SECONDS = 13.0  # it sends no heartbeat while it appends a group of records
STUCK_KEY = "dojo:inbox:stuck"  # a hash: environment → time since when its inbox can't be moved
STUCK_AFTER_SECONDS = 3.0  # a lost lock or a log that was just rewritten is no problem for the next attempt
_STUCK_FOR_SECONDS = 60  # without another report

logger = logging.getLogger(__name__)


def connect() -> "redis.Redis":
    """A client with a timeout of one second, because heartbeats must not wait."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=True)


def now(client: "redis.Redis") -> float:
    """Redis's time in seconds since 1970. Raises redis.RedisError."""
    seconds, microseconds = client.time()
    return float(seconds) + float(microseconds) / 1e6


def beat(client: "redis.Redis", name: str, key: str = KEY) -> None:
    """Send a heartbeat of the worker ``name``, and remove those older than a minute."""
    moment = now(client)
    with client.pipeline(transaction=False) as pipe:
        pipe.zadd(key, {name: moment})
        pipe.zremrangebyscore(key, "-inf", moment - 60)
        pipe.execute()


def living_workers(client: "redis.Redis") -> list[str]:
    """The names of workers with a heartbeat within DEAD_AFTER_SECONDS. Raises redis.RedisError."""
    names = client.zrangebyscore(KEY, now(client) - DEAD_AFTER_SECONDS, "+inf")
    return [str(name) for name in names]


def inbox_lives(client: "redis.Redis") -> bool:
    """Whether any process moves live records into the data set. Raises redis.RedisError."""
    return bool(client.zcount(INBOX_KEY, now(client) - INBOX_DEAD_AFTER_SECONDS, "+inf"))


def inbox_moves(client: "redis.Redis", environment: str, *, moves: bool) -> None:
    """Report whether the records in the inbox of ``environment`` could just be moved."""
    if moves:
        client.hdel(STUCK_KEY, environment)
        return
    moment = now(client)
    with client.pipeline(transaction=False) as pipe:
        pipe.hsetnx(STUCK_KEY, environment, moment)
        pipe.expire(STUCK_KEY, _STUCK_FOR_SECONDS)
        pipe.execute()


def stuck_inboxes(client: "redis.Redis") -> list[str]:
    """The environments whose inbox couldn't be moved for STUCK_AFTER_SECONDS. Raises redis.RedisError."""
    since: dict[str, str] = client.hgetall(STUCK_KEY)  # type: ignore[assignment]
    before = now(client) - STUCK_AFTER_SECONDS if since else 0.0
    return sorted(environment for environment, seconds in since.items() if float(seconds) <= before)


class Heartbeat(bootsteps.StartStopStep):
    """Sends heartbeats from the worker's event loop, so they stop if it hangs or ends."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self.client = connect()
        self.timer: Any = None

    def start(self, consumer: Any) -> None:
        self._beat(consumer.hostname)
        self.timer = consumer.timer.call_repeatedly(EVERY_SECONDS, self._beat, (consumer.hostname,))

    def stop(self, consumer: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        try:
            self.client.zrem(KEY, consumer.hostname)
        except redis.RedisError as error:
            logger.warning("The worker's last sign stays in Redis until it is old: %s", error)

    def _beat(self, name: str) -> None:
        try:
            beat(self.client, name)
        except redis.RedisError as error:
            # Both the consumer and this client reconnect to Redis by themselves.
            logger.warning("No sign of life could be given: %s", error)
