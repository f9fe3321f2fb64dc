"""Celery's way to Redis, less one way to die: a worker survives a Redis that goes away at whatever moment."""

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that does not try to hand tasks back over a connection that is given up already.

    Where a worker has let go of a lost connection before the channel is closed, Kombu's own channel fails with an
    AttributeError, and the worker ends. No task is lost by it: Redis has them, and the sweeps ask for them anew.
    """

    @property
    def do_restore(self) -> bool:  # type: ignore[override]
        return getattr(self.connection, "client", None) is not None


def install() -> None:
    """Have Kombu use this channel for every connection to Redis."""
    redis.Transport.Channel = Channel
