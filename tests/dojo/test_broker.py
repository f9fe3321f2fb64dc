"""The way to the broker, where Kombu's own would end a worker."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import current_app

from dojo.broker import Channel
from tests import tls_redis
from tests.processes import HOUSE, environ


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


def test_the_certificate_of_a_redis_on_another_machine_is_checked_for_tasks_too(tmp_path: Path) -> None:
    """Kombu itself takes any: somebody between the two would get the password and all tasks."""
    with tls_redis.running() as url:
        trusted, stranger = url, url.partition("?")[0]
        assert _queued(tmp_path, trusted) == "queued"
        assert "CERTIFICATE_VERIFY_FAILED" in _queued(tmp_path, stranger)


def _queued(folder: Path, url: str) -> str:
    """What comes of putting a task into the queue of a Redis."""
    line = [sys.executable, "-c", QUEUE]
    done = subprocess.run(
        line, cwd=HOUSE, env=environ(folder, REDIS_URL=url), capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr


QUEUE = """
import django; django.setup()
from celery import current_app
with current_app.connection_for_write() as connection:
    connection.SimpleQueue("tests-broker-tls").put({"id": 1})
print("queued")
"""
