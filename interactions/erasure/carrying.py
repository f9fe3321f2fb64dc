"""Carry deletion requests: erase from every store, count again in every store, and only then call it verified."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from interactions.codec.tombstones import Tombstones
from interactions.erasure.stores import STORES, Store
from interactions.errors import DojoError
from interactions.imports.beating import beating
from interactions.imports.queue import enqueue
from interactions.lake import Lake, LakeBusy
from interactions.models import DeletionRequest, Environment, Tombstone
from interactions.ring import RingAway

logger = logging.getLogger(__name__)

State = DeletionRequest.State
_PASSES = 3  # a block that was being read during one pass is there to be erased in the next
_WAITING = (State.HIDDEN, State.ERASING)


class RequestStateError(DojoError):
    """A deletion request was asked for something that its state does not allow."""


def erase(request: DeletionRequest) -> None:
    """Erase the people of a request, and those of all others of its environment that wait, in one pass.

    One task carries an environment at a time, and asks again whether any wait when it is done. It may be called again
    after any breaking off: what is left to do is done.
    """
    while pks := _claim(request.environment):
        try:
            _carry(request.environment, DeletionRequest.objects.filter(pk__in=pks))
        except (LakeBusy, RingAway, redis.RedisError) as reason:  # Redis was away: the sweep asks again
            logger.warning("Deletion requests %s wait to be carried on: %s", pks, reason)
            return


def retry(request: DeletionRequest) -> None:
    """Have a failed request carried once more. Raises RequestStateError where it did not fail."""
    with transaction.atomic():
        failed = DeletionRequest.objects.filter(pk=request.pk, state=State.FAILED)
        if not failed.update(state=State.HIDDEN, error="", ended_at=None, heartbeat_at=timezone.now()):
            raise RequestStateError("Only a deletion request that failed can be tried again.")
        enqueue("erase_people", request.pk)
    request.refresh_from_db()


def sweep() -> None:
    """Ask again for requests that nobody carries: the worker was lost, or never asked."""
    quiet = _quiet()
    silent = Q(heartbeat_at__lt=quiet) | Q(heartbeat_at=None, received_at__lt=quiet)
    for pk in DeletionRequest.objects.filter(silent, state__in=_WAITING).values_list("pk", flat=True):
        enqueue("erase_people", pk)


def _quiet() -> datetime:
    return timezone.now() - timedelta(seconds=settings.IMPORT_STALE_SECONDS)


def _claim(environment: Environment) -> list[int]:
    """Take all requests that wait; none where another task is at work on the environment and will see to them."""
    with transaction.atomic():
        waiting = DeletionRequest.objects.select_for_update().filter(environment=environment, state__in=_WAITING)
        rows = list(waiting.order_by("pk").values_list("pk", "state", "heartbeat_at"))
        quiet = _quiet()
        if any(state == State.ERASING and beaten and beaten >= quiet for _, state, beaten in rows):
            return []
        pks = [pk for pk, _, _ in rows]
        DeletionRequest.objects.filter(pk__in=pks).update(state=State.ERASING, heartbeat_at=timezone.now())
    return pks


def _carry(environment: Environment, requests: QuerySet[DeletionRequest]) -> None:
    stones = Tombstone.objects.filter(request__in=requests)
    pks = list(requests.values_list("pk", flat=True))
    people = Tombstones.of(stones.values_list("user_key", "at").iterator(5_000))
    try:
        with beating(requests):
            left = _erase(environment, people, stones)
    except (LakeBusy, RingAway, redis.RedisError):
        raise
    except Exception:
        reference = uuid.uuid4().hex[:8]
        logger.exception("Deletion requests %s could not be carried out [%s]", pks, reference)
        _fail(requests, f"Something unexpected went wrong (reference {reference}). They stay hidden: press Retry.")
        return
    if left:
        told = ", ".join(f"{count} in {name}" for name, count in left.items())
        logger.error("Deletion requests %s: records are left: %s", pks, told)
        _fail(requests, f"Records are left: {told}. They stay hidden: press Retry.")
        return
    with transaction.atomic():
        stones.update(is_erased=True)
        requests.update(state=State.VERIFIED, ended_at=timezone.now(), error="")
    logger.info("Deletion requests %s are verified: nothing is left of %s people", pks, len(people))


def _erase(environment: Environment, people: Tombstones, stones: QuerySet[Tombstone]) -> dict[str, int]:
    """Answers how many records are left in which store after all was tried: none."""
    with Lake(environment.slug).lock():
        _note(stones, sum((store.count(environment, people) for store in STORES), Counter()))
        left = _empty([store for store in STORES if store.locked], environment, people)
    # What follows may wait, for a moment or for Redis; nothing of these people comes into the first stores meanwhile.
    return left | _empty([store for store in STORES if not store.locked], environment, people)


def _empty(stores: Sequence[Store], environment: Environment, people: Tombstones) -> dict[str, int]:
    """Erase from all the stores, then count in all; answers how many records are left in which."""
    left = stores
    for _ in range(_PASSES):
        for store in left:
            store.erase(environment, people)
        found = {store.name: store.count(environment, people).total() for store in stores}
        left = [store for store in stores if found[store.name]]
        if not left:
            break
    return {name: count for name, count in found.items() if count}


def _note(stones: QuerySet[Tombstone], found: Counter[int]) -> None:
    """Write down how much there was to erase. A repeat finds less than the try that was broken off."""
    records: Counter[int] = Counter()
    for pk, key in stones.values_list("request", "user_key").iterator(5_000):
        records[pk] += found[key]
    for pk, erased in records.items():
        DeletionRequest.objects.filter(pk=pk).update(erased=Greatest("erased", erased))


def _fail(requests: QuerySet[DeletionRequest], sentence: str) -> None:
    requests.update(state=State.FAILED, ended_at=timezone.now(), error=sentence)
