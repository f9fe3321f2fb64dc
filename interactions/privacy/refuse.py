"""The people whose records are refused, and up to which time."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import Count, Max, Q

from interactions.contract.tombstones import Tombstones
from interactions.models import Tombstone
from interactions.warehouse.people import people_of

_LITTLE = timedelta(minutes=1)  # for clock differences, and for the time between a timestamp and its commit


def refused(environment_id: int, *, since: datetime | None = None) -> Tombstones:
    """Everyone who was ever erased: their records are refused unless they are newer than the request.

    Call it with the lake's lock held before adding records: a later request waits for that lock before it erases what
    was added. ``since`` limits it to requests from shortly before then on.
    """
    stones = Tombstone.objects.filter(environment=environment_id)
    if since is not None:
        return people_of(stones.filter(at__gte=since - _LITTLE))
    state = stones.aggregate(
        count=Count("pk"), last=Max("pk"), at=Max("at"), earlier=Count("pk", filter=Q(is_earlier=True))
    )
    return _read(environment_id, *state.values()) if state["count"] else Tombstones.of([])


@lru_cache(maxsize=8)
def _read(environment_id: int, count: int, last: int, at: datetime, earlier: int) -> Tombstones:
    """Cached until people are added, removed or renamed, which changes one of the arguments."""
    return people_of(Tombstone.objects.filter(environment=environment_id))
