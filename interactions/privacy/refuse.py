"""Whose records may not come in any more, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import Count, Max, Q

from interactions.contract.tombstones import Tombstones
from interactions.models import Tombstone
from interactions.warehouse.people import people_of

_LITTLE = timedelta(minutes=1)  # for clocks, and for the time between a moment and its commit


def refused(environment_id: int, *, since: datetime | None = None) -> Tombstones:
    """All who were ever to be erased: nothing of theirs that is not newer than the request may come back.

    Whoever adds records asks this with the lake's lock held: a request that comes later waits for that lock to erase
    what was added. ``since``: only those of requests from a little before then on.
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
    """Remembered as long as nobody joins or leaves them, or has another name: then one of the numbers changes."""
    return people_of(Tombstone.objects.filter(environment=environment_id))
