"""Celery's way to Redis, less one way to die: a worker survives a Redis that goes away at whatever moment."""

from typing import Any

from kombu.transport import redis as kombu_redis
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError as RedisConnectionError


class QoS(kombu_redis.QoS):
    """Counts a task as acknowledged also where Redis, its disk full, refused to forget it.

    Else it would count as being worked on forever, and a worker that lives and is connected takes no further one.
    Redis hands such a task out once more after the visibility timeout; every task may run twice.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        finally:
            super(kombu_redis.QoS, self).ack(delivery_tag)


class Channel(kombu_redis.Channel):
    """A channel that says so where its connection was given up.

    A worker that lost Redis may still acknowledge a task over the former channel, or hand it back. Kombu's own channel
    then fails with an AttributeError, which ends the worker; a lost connection it goes on from. No task is lost by it:
    Redis has them, and the sweeps ask for them anew.
    """

    QoS = QoS

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if getattr(self.connection, "client", None) is None:
            raise RedisConnectionError("The connection of this channel was given up.")
        parameters: dict[str, Any] = super()._connparams(asynchronous=asynchronous)
        return parameters


def install() -> None:
    """Have Kombu use this channel for every connection to Redis.

    A Redis that refuses to write, as its disk is full (MISCONF), counts as one that is away: a worker goes on from
    that, and would end with any other error.
    """
    kombu_redis.Transport.Channel = Channel
    BaseParser.EXCEPTION_CLASSES["MISCONF"] = RedisConnectionError
