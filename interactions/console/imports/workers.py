"""Whether anybody does the work that a page waits for."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import redis
from django.db.models import Max
from django.utils import timezone

from dojo import heartbeat
from interactions.models import Import

SILENCE: Final = timedelta(seconds=10)


def nobody_carries(imp: Import) -> bool:
    """Whether ``imp`` loads, but nothing was heard of it for SILENCE and no worker answers."""
    if not imp.is_running:
        return False
    newest = imp.blocks.aggregate(newest=Max("heartbeat_at"))["newest"]
    signs = [sign for sign in (imp.heartbeat_at, newest) if sign is not None]
    if signs and max(signs) > timezone.now() - SILENCE:
        return False
    try:
        with heartbeat.connect() as client:
            return not heartbeat.living_workers(client)
    except redis.RedisError:
        return True
