"""Signs of life of workers and of the inbox, kept in Redis, so that asking whether one is there costs one look.

Asking the workers themselves (Celery's ping) would take a broadcast and a second of waiting.
"""

import logging
from typing import Any

import redis
from celery import bootsteps
from django.conf import settings

KEY = "dojo:workers"  # a sorted set: worker's name → seconds of its last sign, by Redis's clock
INBOX_KEY = "dojo:inbox"  # the same of the processes that move live records into the data set
EVERY_SECONDS = 2.0
DEAD_AFTER_SECONDS = 6.0
INBOX_DEAD_AFTER_SECONDS = 13.0  # it gives no sign while it appends one group of records
STUCK_KEY = "dojo:inbox:stuck"  # a hash: environment → seconds since which its inbox cannot be moved
STUCK_AFTER_SECONDS = 3.0  # a lock that was lost, or a log that was just rewritten, is made good by the next try
_STUCK_FOR_SECONDS = 60  # without another word of it

logger = logging.getLogger(__name__)


def connect() -> "redis.Redis":
    """A client that gives up within a second: a sign of life must not wait."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=True)


def now(client: "redis.Redis") -> float:
    """Redis's time, in seconds since 1970; raises redis.RedisError."""
    seconds, microseconds = client.time()
    return float(seconds) + float(microseconds) / 1e6


def beat(client: "redis.Redis", name: str, key: str = KEY) -> None:
    """Say that the worker ``name`` lives, and forget those gone for a minute."""
    moment = now(client)
    with client.pipeline(transaction=False) as pipe:
        pipe.zadd(key, {name: moment})
        pipe.zremrangebyscore(key, "-inf", moment - 60)
        pipe.execute()


def living_workers(client: "redis.Redis") -> list[str]:
    """The names of the workers heard of within DEAD_AFTER_SECONDS; raises redis.RedisError."""
    names = client.zrangebyscore(KEY, now(client) - DEAD_AFTER_SECONDS, "+inf")
    return [str(name) for name in names]


def inbox_lives(client: "redis.Redis") -> bool:
    """Whether some process moves live records into the data set; raises redis.RedisError."""
    return bool(client.zcount(INBOX_KEY, now(client) - INBOX_DEAD_AFTER_SECONDS, "+inf"))


def inbox_moves(client: "redis.Redis", environment: str, *, moves: bool) -> None:
    """Say whether what waits in the inbox of ``environment`` could be moved just now."""
    if moves:
        client.hdel(STUCK_KEY, environment)
        return
    moment = now(client)
    with client.pipeline(transaction=False) as pipe:
        pipe.hsetnx(STUCK_KEY, environment, moment)
        pipe.expire(STUCK_KEY, _STUCK_FOR_SECONDS)
        pipe.execute()


def stuck_inboxes(client: "redis.Redis") -> list[str]:
    """The environments whose inboxes could not be moved for STUCK_AFTER_SECONDS; raises redis.RedisError."""
    since: dict[str, str] = client.hgetall(STUCK_KEY)  # type: ignore[assignment]
    before = now(client) - STUCK_AFTER_SECONDS if since else 0.0
    return sorted(environment for environment, seconds in since.items() if float(seconds) <= before)


class Heartbeat(bootsteps.StartStopStep):
    """Beats from the worker's own event loop: a loop that hangs is silent, and so is a dead one."""

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
            # The consumer notices a lost Redis by itself and connects again; so does this client.
            logger.warning("No sign of life could be given: %s", error)
