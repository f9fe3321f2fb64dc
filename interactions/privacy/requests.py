"""Create deletion requests and hide their people: from then on, their records are refused as well."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from interactions import identity
from interactions.errors import DojoError
from interactions.ingest.imports.queue import enqueue
from interactions.models import DeletionRequest, Environment, RequestedLink, RequestedPerson, Tombstone
from interactions.privacy import journal
from interactions.privacy.links import owned
from interactions.privacy.steps import By, RequestStateError, note

logger = logging.getLogger(__name__)

State = DeletionRequest.State
Source = DeletionRequest.Source


class NobodyNamed(DojoError):
    """The request names nobody."""

    def __init__(self) -> None:
        super().__init__("Enter at least one id.")


def request(
    environment: Environment,
    user_ids: Iterable[str],
    *,
    anonymous_ids: Iterable[str] = (),
    source: Source = Source.API,
    asked_by: str = "",
    reference: str = "",
    by: By = None,
) -> DeletionRequest:
    """Hide these users' records up to now and queue their erasure. Raises NobodyNamed.

    This includes records without a user_id of ``anonymous_ids``, and of anonymous ids that belong to one of the users
    alone. When it returns, the records are hidden everywhere. If the environment requires approval, requests by the API
    or a connection wait for it, hidden; those from the command line don't.
    """
    keys, anonymous = _keys(user_ids), _keys(anonymous_ids)
    if not keys and not anonymous:
        raise NobodyNamed
    with transaction.atomic():
        asked = DeletionRequest.objects.create(
            environment=environment,
            source=source,
            created_by=by if isinstance(by, User) else None,
            needs_approval=environment.needs_approval and source != Source.COMMAND,
            asked_by=asked_by,
            reference=reference,
        )
        note(asked, "received", by=by, people=len(keys) + len(anonymous))
        _hide(asked, keys, anonymous, [], by)
    _link(asked, keys, known=anonymous)
    asked.refresh_from_db()
    return asked


def hide(asked: DeletionRequest, *, by: By = None, delay: timedelta = timedelta(0)) -> None:
    """Hide the people of a prepared request, and delete their ids. Raises RequestStateError, NobodyNamed.

    Erasing starts after ``delay``, and after approval if the environment requires it.
    """
    keys = list(asked.named.filter(is_anonymous=False).values_list("key", flat=True))
    anonymous = set(asked.named.filter(is_anonymous=True).values_list("key", flat=True))
    if not keys and not anonymous:
        asked.refresh_from_db()
        raise NobodyNamed if asked.state == State.RECEIVED else _too_late(asked)  # ids are deleted once hidden
    taken = set(asked.links.filter(is_taken=True).values_list("anonymous_key", flat=True))
    left = set(asked.links.filter(is_taken=False).values_list("anonymous_key", flat=True)) - taken
    with transaction.atomic():
        if not DeletionRequest.objects.filter(pk=asked.pk, state=State.RECEIVED).update(
            needs_approval=asked.environment.needs_approval,
            erase_from=timezone.now() + delay if delay else None,
        ):
            asked.refresh_from_db()
            raise _too_late(asked)
        asked.refresh_from_db()
        RequestedPerson.objects.filter(request=asked).delete()
        RequestedLink.objects.filter(request=asked).delete()
        _hide(asked, keys, anonymous, taken - anonymous, by)
    _link(asked, keys, known=anonymous | taken | left)  # there may be new ones since the preview
    asked.refresh_from_db()


def _too_late(asked: DeletionRequest) -> RequestStateError:
    return RequestStateError(f"This request is already {asked.get_state_display().lower()}.")


def _keys(identifiers: Iterable[str]) -> list[int]:
    keyring = identity.keyring()
    return sorted({keyring.key(each) for each in identifiers if each})


def _hide(
    asked: DeletionRequest, users: Collection[int], anonymous: Collection[int], linked: Collection[int], by: By
) -> None:
    # Taken while holding the database's write lock: everything accepted before is older.
    now = timezone.now()
    Tombstone.objects.lay(asked, now, users=users, anonymous=sorted(anonymous), linked=sorted(linked))
    received = {} if asked.source == Source.DESK else {"received_at": now}
    DeletionRequest.objects.filter(pk=asked.pk).update(
        state=State.HIDDEN, hidden_at=now, people=len(users), anonymous=len(anonymous), linked=len(linked), **received
    )
    people = len(users) + len(anonymous)
    note(asked, "hidden", by=by, people=people)
    transaction.on_commit(journal.write)
    logger.info("Deletion request %s: %s people of %s are hidden", asked.pk, people, asked.environment.slug)


def _link(asked: DeletionRequest, user_keys: Collection[int], *, known: Collection[int] = ()) -> None:
    """Also hide records without a user_id that are certainly theirs, then queue the erasure.

    The users are hidden already, because this searches the data set. If it's interrupted, or a worker is faster, the
    erasure adds these links.
    """
    found = sorted(owned(asked.environment, user_keys) - set(known))
    with transaction.atomic():
        rows = DeletionRequest.objects.filter(pk=asked.pk, state=State.HIDDEN)
        if found and rows.update(linked=F("linked") + len(found)):
            asked.refresh_from_db()
            Tombstone.objects.lay(asked, asked.hidden_at or timezone.now(), linked=found)
            transaction.on_commit(journal.write)
        enqueue("erase_people", asked.pk)


def open_requests(environment: Environment) -> QuerySet[DeletionRequest]:
    """Requests that are neither verified nor cancelled."""
    return environment.deletion_requests.exclude(state__in=[State.VERIFIED, State.CANCELLED])


def is_first_person(asked: DeletionRequest, user: User) -> bool:
    """Whether the user prepared the request or hid its people, so that someone else has to approve it."""
    return asked.created_by_id == user.pk or asked.steps.filter(word__in=["received", "hidden"], user=user).exists()


def approve(asked: DeletionRequest, *, by: User) -> None:
    """Approve a request, so that erasing may start. Raises RequestStateError, also for the first person."""
    if is_first_person(asked, by):
        raise RequestStateError("Someone else must approve this, because you prepared it.")
    with transaction.atomic():
        waiting = DeletionRequest.objects.filter(pk=asked.pk, state=State.HIDDEN, needs_approval=True, approved_at=None)
        if not waiting.update(approved_at=timezone.now()):
            raise RequestStateError("This request doesn't need approval.")
        note(asked, "approved", by=by)
        enqueue("erase_people", asked.pk)
    asked.refresh_from_db()


def start_now(asked: DeletionRequest, *, by: By = None) -> None:
    """Start erasing without further delay. Raises RequestStateError if there is none."""
    with transaction.atomic():
        waiting = DeletionRequest.objects.filter(pk=asked.pk, state=State.HIDDEN, erase_from__isnull=False)
        if not waiting.update(erase_from=None):
            raise RequestStateError("This request isn't waiting to be erased.")
        enqueue("erase_people", asked.pk)
    asked.refresh_from_db()


def cancel(asked: DeletionRequest, *, by: By = None) -> None:
    """Cancel the request and show its people again. Raises RequestStateError once erasing has started."""
    with transaction.atomic():
        open_ = DeletionRequest.objects.filter(pk=asked.pk, state__in=[State.RECEIVED, State.HIDDEN])
        if not open_.update(state=State.CANCELLED, ended_at=timezone.now(), erase_from=None):
            asked.refresh_from_db()
            if asked.state == State.CANCELLED:
                raise _too_late(asked)
            raise RequestStateError("It's too late to cancel this request: erasing has started.")
        Tombstone.objects.filter(request=asked).delete()
        RequestedPerson.objects.filter(request=asked).delete()
        RequestedLink.objects.filter(request=asked).delete()
        note(asked, "cancelled", by=by)
        asked.refresh_from_db()
        transaction.on_commit(lambda: journal.note_cancelled(asked))
    asked.refresh_from_db()
