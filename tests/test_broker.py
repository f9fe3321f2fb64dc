"""The way to the broker, where Kombu's own would end a worker."""

from collections.abc import Iterator

import pytest
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
