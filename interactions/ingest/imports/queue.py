"""Hand work to the workers: by name, so that use cases know nothing of tasks, and by id."""

import logging

import redis
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue(task: str, *pks: int) -> None:
    """Run ``interactions.tasks.<task>(pk)`` for each pk in a worker once the current transaction is committed.

    Where the broker cannot be reached nothing is lost: the rows say what is to be done, and the sweep asks again.
    """

    def send() -> None:
        for pk in pks:
            try:
                current_app.send_task(f"interactions.tasks.{task}", args=[pk], retry=False)
            except (OperationalError, redis.RedisError):
                # Nor would it take the others: each would only wait for it as long again.
                logger.warning("The broker could not be reached; %s(%s) waits for the next sweep.", task, pk)
                return

    transaction.on_commit(send)
