"""Celery's connection to Redis, hardened so that workers survive if Redis goes down at any moment."""

from typing import Any

from kombu.transport import redis as kombu_redis
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError as RedisConnectionError


class QoS(kombu_redis.QoS):
    """Counts a task as acknowledged even if Redis refused it because its disk is full. Otherwise it would count as
    running forever, and the worker would take no further tasks. Redis delivers such a task again after the visibility
    timeout; every task may run twice.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        finally:
            super(kombu_redis.QoS, self).ack(delivery_tag)


class Channel(kombu_redis.Channel):
    """A channel that reports a closed connection.

    A worker that lost Redis may still acknowledge or return a task on the old channel. Kombu's own channel then raises
    an AttributeError, which ends the worker, while it recovers from a lost connection. No task is lost: Redis still has
    it, and the sweeps requeue it.
    """

    QoS = QoS

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if getattr(self.connection, "client", None) is None:
            raise RedisConnectionError("The connection of this channel was given up.")
        parameters: dict[str, Any] = super()._connparams(asynchronous=asynchronous)
        return parameters


def install() -> None:
    """Make Kombu use this channel for all connections to Redis.

    A Redis that refuses writes because its disk is full (MISCONF) counts as down: workers recover from that, but would
    exit on any other error.
    """
    kombu_redis.Transport.Channel = Channel
    BaseParser.EXCEPTION_CLASSES["MISCONF"] = RedisConnectionError
