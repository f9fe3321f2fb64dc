"""Queue tasks by name and id, so that use cases don't import tasks."""

import logging

import redis
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue(task: str, *pks: int) -> None:
    """Queue ``interactions.tasks.<task>(pk)`` for each pk once the current transaction is committed.

    Nothing is lost if the broker is down: the rows say what to do, and the sweep queues it again.
    """

    def send() -> None:
        for pk in pks:
            try:
                current_app.send_task(f"interactions.tasks.{task}", args=[pk], retry=False)
            except (OperationalError, redis.RedisError):
                # Don't try the others: each would wait for the broker as long.
                logger.warning("The broker couldn't be reached; %s(%s) waits for the next sweep.", task, pk)
                return

    transaction.on_commit(send)
