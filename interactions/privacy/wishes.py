"""Privacy requests from connected tools: deletion requests, and access letters that someone has to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from interactions import identity
from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.keys import Caller
from interactions.connectors import PrivacyRequest, Wish
from interactions.contract.tombstones import Person, Tombstones
from interactions.models import DeletionRequest, Environment, RequestedLetter
from interactions.privacy.requests import request

_AGAIN = timedelta(hours=48)  # how long tools repeat calls that got no response
_SALT = "interactions.privacy.wishes"


def grant(environment: Environment, wishes: Sequence[PrivacyRequest], *, asked_by: str, by: Caller) -> None:
    """Carry out privacy requests: hide and erase people, and record requested letters. A repeated call has no effect.

    ``asked_by`` says who asked, for display. When it returns, the records of people to erase are hidden.
    """
    erasures = [each for each in wishes if each.wish == Wish.ERASURE and not each.names_nobody]
    if erasures:
        _erase(environment, erasures, asked_by, by)
    for each in wishes:
        if each.wish == Wish.LETTER and each.user_id:
            _ask_for_letter(environment, each.user_id, asked_by, by)
        elif each.wish == Wish.SHOP_ERASURE:
            audit.note(Action.SHOP_REDACTED, by=by, environment=environment, object=asked_by)


def _erase(environment: Environment, erasures: Sequence[PrivacyRequest], asked_by: str, by: Caller) -> None:
    users = sorted({each.user_id for each in erasures} - {""})
    anonymous = sorted({each.anonymous_id for each in erasures} - {""})
    # Identifies a repeated call without naming the people.
    reference = salted_hmac(_SALT, repr((asked_by, users, anonymous)), algorithm="sha256").hexdigest()[:16]
    recent = DeletionRequest.objects.filter(environment=environment, source=DeletionRequest.Source.WEBHOOK)
    recent = recent.filter(reference=reference, received_at__gt=timezone.now() - _AGAIN)
    if recent.exclude(state=DeletionRequest.State.CANCELLED).exists():
        return
    request(
        environment,
        users,
        anonymous_ids=anonymous,
        source=DeletionRequest.Source.WEBHOOK,
        asked_by=asked_by,
        reference=reference,
        by=by,
    )


def _ask_for_letter(environment: Environment, user_id: str, asked_by: str, by: Caller) -> None:
    _, is_new = RequestedLetter.objects.get_or_create(
        environment=environment, user_id=user_id, defaults={"asked_by": asked_by}
    )
    if is_new:
        audit.note(Action.ACCESS_REQUESTED, by=by, environment=environment, object=asked_by)


def open_letters(environment: Environment) -> QuerySet[RequestedLetter]:
    """The letters to write, by due date."""
    return environment.requested_letters.order_by("due_at", "id")


def letter_made(environment: Environment, user_id: str) -> None:
    """Remove the request for a letter that is delivered."""
    environment.requested_letters.filter(user_id=user_id).delete()


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count the letters requested by these people."""
    return Counter(person for _, person in _theirs(environment, tombstones))


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove their requested letters: nothing is stored about them any more."""
    for letter, _ in _theirs(environment, tombstones):
        letter.delete()


def _theirs(environment: Environment, tombstones: Tombstones) -> Iterator[tuple[RequestedLetter, Person]]:
    keyring = identity.keyring()
    for letter in environment.requested_letters.iterator(500):
        ids = letter.user_id, None
        person = tombstones.whose_ids(ids, letter.received_at, letter.received_at, keyring)
        if person is not None:
            yield letter, person
