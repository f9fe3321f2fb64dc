"""Figures of the disk and of tasks waiting for workers."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Final

import redis
from django.conf import settings

# Celery's lists in Redis: one for each of Kombu's priorities.
_PRIORITIES: Final = ("", *(f"\x06\x16{step}" for step in (3, 6, 9)))
_IN_HAND: Final = "unacked"


@dataclass(frozen=True, slots=True)
class DiskFigures:
    """The disk of the data folder, in bytes."""

    total: int
    free: int

    @property
    def is_low(self) -> bool:
        """Whether imports, uploads and exports wait because too little space is free."""
        return self.free < settings.DISK_RESERVE_BYTES


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """The numbers of waiting tasks and of tasks that workers are running."""

    waiting: int
    in_hand: int


def disk_figures() -> DiskFigures:
    usage = shutil.disk_usage(settings.DATA_DIR)
    return DiskFigures(usage.total, usage.free)


def queue_figures(client: redis.Redis) -> QueueFigures:
    """Raises redis.RedisError."""
    name = settings.CELERY_TASK_DEFAULT_QUEUE
    with client.pipeline(transaction=False) as pipe:
        for priority in _PRIORITIES:
            pipe.llen(f"{name}{priority}")
        pipe.hlen(_IN_HAND)
        *waiting, in_hand = pipe.execute()
    return QueueFigures(sum(waiting), in_hand)
