"""Carry out deletion requests: erase from every store, count again in every store, and only then verify them."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from interactions.contract.tombstones import Person, Tombstones
from interactions.disk import PAUSED, is_full
from interactions.ingest.imports.heartbeat import beating
from interactions.ingest.imports.queue import enqueue
from interactions.ingest.live.calls import RingAway
from interactions.models import DeletionRequest, Environment, Import, Tombstone
from interactions.models.privacy import TombstoneRows
from interactions.notifications import messages
from interactions.privacy import journal, receipts, uploaded
from interactions.privacy.database_log import StillRead
from interactions.privacy.ids import in_pieces
from interactions.privacy.links import seen_anywhere
from interactions.privacy.steps import By, RequestStateError, note
from interactions.privacy.stores import STORES, Store
from interactions.warehouse import people as lake_people
from interactions.warehouse.lake import Lake, LakeBusy
from interactions.warehouse.rewrite import Tell

__all__ = ["RequestStateError", "erase", "retry", "sweep"]

logger = logging.getLogger(__name__)

State = DeletionRequest.State
Requests = QuerySet[DeletionRequest]
_PASSES = 3  # blocks that are being read during one pass are erased in the next
_WAITING = (State.HIDDEN, State.ERASING)
_TELL_SECONDS = 0.5  # between updates of a store's progress
_LOCK_SECONDS = 15  # so that records don't wait longer for the lock of a killed worker


def erase(request: DeletionRequest) -> None:
    """Erase the people of all waiting requests of the request's environment in one pass.

    One task at a time works on an environment, and repeats until no requests are waiting. It can be called again after
    any interruption.
    """
    while pks := _claim(request.environment):
        try:
            _carry(request.environment, DeletionRequest.objects.filter(pk__in=pks))
        except (LakeBusy, RingAway, redis.RedisError) as reason:  # Redis was down: the sweep retries
            logger.warning("Deletion requests %s wait to be carried out: %s", pks, reason)
            return


def retry(request: DeletionRequest, *, by: By = None) -> None:
    """Retry a failed request. Raises RequestStateError if it didn't fail."""
    with transaction.atomic():
        failed = DeletionRequest.objects.filter(pk=request.pk, state=State.FAILED)
        if not failed.update(state=State.HIDDEN, error="", ended_at=None, heartbeat_at=timezone.now()):
            raise RequestStateError("Only a failed deletion request can be retried.")
        note(request, "retried", by=by)
        enqueue("erase_people", request.pk)
    request.refresh_from_db()


def sweep() -> None:
    """Queue requests that no task is working on: the worker was lost or never asked, or their delay has passed."""
    quiet = _quiet()
    silent = Q(heartbeat_at__lt=quiet) | Q(heartbeat_at=None, hidden_at__lt=quiet) | Q(waits_for__isnull=False)
    for pk in _ready().filter(silent | Q(erase_from__isnull=False, state=State.HIDDEN)).values_list("pk", flat=True):
        enqueue("erase_people", pk)
    journal.write()


def _quiet() -> datetime:
    return timezone.now() - timedelta(seconds=settings.IMPORT_STALE_SECONDS)


def _ready() -> Requests:
    """Requests that only wait for a worker."""
    rows = DeletionRequest.objects.filter(state__in=_WAITING)
    rows = rows.exclude(state=State.HIDDEN, needs_approval=True, approved_at=None)
    rows = rows.exclude(state=State.HIDDEN, erase_from__gt=timezone.now())
    return rows.exclude(waits_for__state=Import.State.LOADING)


def _claim(environment: Environment) -> list[int]:
    """Claim all waiting requests; none if another task is working on the environment, which will handle them."""
    with transaction.atomic():
        # Of two tasks that look at once, the second finds what the first has taken.
        Environment.objects.select_for_update(no_key=True).get(pk=environment.pk)
        rows = list(_ready().filter(environment=environment).order_by("pk"))
        quiet = _quiet()
        for row in rows:
            is_carried = row.state == State.ERASING and row.waits_for_id is None
            if is_carried and row.heartbeat_at and row.heartbeat_at >= quiet:
                return []
        pks = [row.pk for row in rows]
        DeletionRequest.objects.filter(pk__in=pks).update(
            state=State.ERASING, heartbeat_at=timezone.now(), waits_for=None, erase_from=None
        )
        for row in rows:
            if row.state == State.HIDDEN:
                note(row, "erasing")
    return pks


def _carry(environment: Environment, requests: Requests) -> None:
    pks = list(requests.values_list("pk", flat=True))
    try:
        with beating(requests):
            people, counted = _erase(environment, requests)
            requests.update(left=counted)
            left = {name: count for name, count in counted.items() if count}
            reading = uploaded.being_read(environment, people) if list(left) == ["uploaded files"] else None
    except (LakeBusy, RingAway, redis.RedisError):
        raise
    except StillRead as reason:  # the sweep asks again
        logger.warning("Deletion requests %s wait for the database: %s", pks, reason)
        requests.update(error=str(reason), heartbeat_at=timezone.now())
        return
    except Exception as error:  # any fault has to end the request with a sentence
        if is_full(error):  # the sweep asks again; meanwhile they stay hidden
            logger.warning("Deletion requests %s wait for room on the disk: %s", pks, error)
            requests.update(error=PAUSED, heartbeat_at=timezone.now())
            return
        reference = uuid.uuid4().hex[:8]
        logger.exception("Deletion requests %s could not be carried out [%s]", pks, reference)
        _fail(requests, f"Something went wrong (reference {reference}). They stay hidden: press Retry.")
        return
    if reading is not None:
        requests.update(waits_for=reading, stage="uploaded files", heartbeat_at=timezone.now())
        logger.info("Deletion requests %s wait for the end of import %s, which reads their file", pks, reading.pk)
    elif left:
        told = ", ".join(f"{count} in {name}" for name, count in left.items())
        logger.error("Deletion requests %s: records are left: %s", pks, told)
        _fail(requests, f"Records are left: {told}. They stay hidden: press Retry.")
    else:
        _verified(requests)
        logger.info("Deletion requests %s are verified: nothing is left of %s people", pks, len(people))


def _erase(environment: Environment, requests: Requests) -> tuple[Tombstones, dict[str, int]]:
    """Returns the people, and the number of records left in each store, which should be zero."""
    lake = Lake(environment.slug)
    requests.filter(version_before=None).update(version_before=lake.version())
    removed = _erase_most(lake, requests)
    with lake.lock(_LOCK_SECONDS):
        _take_in_links(environment, requests)
        _note_beside(environment, requests)
        people = lake_people.people_of(_stones(requests))
        locked = [store for store in STORES if store.locked]
        found = _count(locked, environment, people)
        found[_DATA_SET].update(removed)
        _note_found(requests, found)
        left = _empty(locked, environment, requests, people)
        requests.update(version_after=lake.version())
    # The other stores may have to wait, for example for Redis. No records of these people get into the first stores
    # meanwhile.
    others = [store for store in STORES if not store.locked]
    _note_found(requests, _count(others, environment, people))
    for store in others:
        if store.held is not None:
            _note_held(requests, store.held(environment, people))
    return people, left | _empty(others, environment, requests, people)


def _erase_most(lake: Lake, requests: Requests) -> Counter[Person]:
    """Erase records in the table first, without the lock, so that imports and live records wait less; returns what was
    removed.
    """
    removed: Counter[Person] = Counter()

    def note_removed(found: Counter[Person]) -> None:
        removed.update(found)
        _note_found(requests, {_DATA_SET: found})

    requests.update(stage=_DATA_SET, parts_done=0, parts_total=0)
    try:
        lake_people.erase_most(lake, lake_people.people_of(_stones(requests)), _teller(requests), note_removed)
    except FileNotFoundError as reason:  # another task considered this one lost and removed its drafts
        logger.warning("What was prepared for %s is gone: %s", lake.environment, reason)
        removed.clear()
    return removed


def _stones(requests: Requests) -> TombstoneRows:
    return Tombstone.objects.filter(request__in=requests)


def _take_in_links(environment: Environment, requests: Requests) -> None:
    """Add anonymous ids whose link to a person was still in the inbox or an import when the person was hidden.

    Prepared requests keep the choices made there.
    """
    unchosen = list(requests.exclude(source=DeletionRequest.Source.DESK))
    if not unchosen:
        return
    pairs = seen_anywhere(environment)
    for request in unchosen:
        stones = request.tombstones.all()
        users = list(stones.filter(anonymous_key=None).values_list("user_key", flat=True))
        known = set(stones.filter(user_key=None).values_list("anonymous_key", flat=True))
        new = pairs.owned([key for key in users if key is not None]) - known
        first = stones.first()
        if first is None or not new:
            continue
        with transaction.atomic():
            Tombstone.objects.lay(request, first.at, linked=sorted(new))
            DeletionRequest.objects.filter(pk=request.pk).update(linked=F("linked") + len(new))
            transaction.on_commit(journal.write)


def _note_beside(environment: Environment, requests: Requests) -> None:
    """Mark anonymous ids that were named by themselves and are also in records with a user_id, which stay."""
    stones = _stones(requests).filter(user_key=None, request__anonymous__gt=0)
    if stones.exists():
        keys = [key for key in stones.values_list("anonymous_key", flat=True) if key is not None]
        for some in in_pieces(sorted(seen_anywhere(environment).seen(keys))):
            stones.filter(anonymous_key__in=some).update(is_beside_user=True)


def _empty(stores: Sequence[Store], environment: Environment, requests: Requests, people: Tombstones) -> dict[str, int]:
    """Erase from all stores, then count in all; returns the number of records left in each."""
    left = stores
    for _ in range(_PASSES):
        for store in left:
            requests.update(stage=store.name, parts_done=0, parts_total=0)
            store.erase(environment, people, _teller(requests))
        found = {store.name: store.count(environment, people).total() for store in stores}
        left = [store for store in stores if found[store.name]]
        if not left:
            break
    return found


def _teller(requests: Requests) -> Tell:
    """A callback that updates the progress of a store at intervals."""
    told = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done == total or time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            requests.update(parts_done=done, parts_total=total)

    return tell


def _count(stores: Sequence[Store], environment: Environment, people: Tombstones) -> dict[str, Counter[Person]]:
    return {store.name: store.count(environment, people) for store in stores}


def _note_found(requests: Requests, found: Mapping[str, Counter[Person]]) -> None:
    """Save how much there was to erase, by request and person. Counts only rise, because a retry finds less than the
    first attempt.

    Records of an unknown person only count in stores of files and copies.
    """
    for request in requests:
        keys = request.tombstones.values_list("user_key", "anonymous_key").iterator(5_000)
        persons = [Person(*pair) for pair in keys]
        for name, counted in found.items():
            records = sum(counted[person] for person in persons) + (0 if name in _RECORDS else counted[Person()])
            if records > request.found.get(name, 0):
                request.found[name] = records
        request.erased = sum(request.found.get(name, 0) for name in _RECORDS)
        request.save(update_fields=["found", "erased"])
    _note_held(requests, set().union(*found.values()))


def _note_held(requests: Requests, people: Collection[Person]) -> None:
    stones = _stones(requests)
    for some in in_pieces(person.user_key for person in people if person.user_key is not None):
        stones.filter(user_key__in=some).update(was_held=True)
    for some in in_pieces(person.anonymous_key for person in people if person.anonymous_key is not None):
        stones.filter(anonymous_key__in=some).update(was_held=True)


# Stores in which records are counted, rather than files or copies of records.
_DATA_SET = "data set"
_RECORDS = ("running imports", "inbox", _DATA_SET)


def _verified(requests: Requests) -> None:
    with transaction.atomic():
        _stones(requests).update(is_erased=True)
        requests.update(state=State.VERIFIED, ended_at=timezone.now(), error="", stage="")
        for request in requests.all():
            outcome = {"outcome": "nothing was held"} if request.held_nothing else {}
            note(request, "verified", records=request.erased, **outcome)
            receipts.sign(request)
            messages.deletion_verified(request)


def _fail(requests: Requests, sentence: str) -> None:
    with transaction.atomic():
        requests.update(state=State.FAILED, ended_at=timezone.now(), error=sentence)
        for request in requests:
            note(request, "failed", because=sentence)
