"""The way to the broker, where Kombu's own would end a worker."""

from collections.abc import Iterator

import pytest
import redis
from celery import current_app

from dojo.broker import Channel


@pytest.fixture
def given_up(redis_server: str) -> Iterator[Channel]:
    """A channel whose connection was let go of, with a task that is not acknowledged yet."""
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue("tests-broker")
        queue.put({"id": 1})
        message = queue.get(timeout=5)
        channel: Channel = queue.channel
        transport, channel.connection = channel.connection, None
        channel._disconnect_pools()
        yield channel
        channel.connection = transport
        message.ack()


def test_a_channel_without_connection_says_that_it_is_lost(given_up: Channel) -> None:
    with pytest.raises(current_app.connection().connection_errors, match="was given up"):
        given_up.basic_ack(next(iter(given_up.qos._delivered)))


def test_a_task_that_redis_refuses_to_forget_holds_up_no_other(redis_server: str) -> None:
    """As it does while its disk is full."""
    server = redis.Redis.from_url(redis_server)
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue("tests-broker-refused")
        queue.channel.basic_qos(0, 1, False)
        queue.put({"id": 1})
        queue.put({"id": 2})
        first = queue.get(timeout=5)
        assert not queue.channel.qos.can_consume()
        server.config_set("min-replicas-to-write", 1)  # refuses whatever writes
        try:
            with pytest.raises(redis.RedisError):
                first.ack()
        finally:
            server.config_set("min-replicas-to-write", 0)
        assert queue.channel.qos.can_consume()
        second = queue.get(timeout=5)
        assert second.payload == {"id": 2}
        second.ack()
