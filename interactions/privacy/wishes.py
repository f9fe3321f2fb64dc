"""What people ask for through connected tools: deletion requests, and access letters that somebody has to make."""

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

_AGAIN = timedelta(hours=48)  # for so long tools send a call again that they got no answer to
_SALT = "interactions.privacy.wishes"


def grant(environment: Environment, wishes: Sequence[PrivacyRequest], *, asked_by: str, by: Caller) -> None:
    """Hide and erase whom tools want erased, and note who wants a letter. A call that is sent again changes nothing.

    ``asked_by`` says who asked, for people to read. When this returns nobody sees the records of the erased any more.
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
    # Tells the same call again without saying whom it names.
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
    """The letters that have to be made, the first to be due first."""
    return environment.requested_letters.order_by("due_at", "id")


def letter_made(environment: Environment, user_id: str) -> None:
    """Forget that somebody asked: they get their letter."""
    environment.requested_letters.filter(user_id=user_id).delete()


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """How many letters are asked for by these people."""
    return Counter(person for _, person in _theirs(environment, tombstones))


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Forget their letters: nothing is held of them any more."""
    for letter, _ in _theirs(environment, tombstones):
        letter.delete()


def _theirs(environment: Environment, tombstones: Tombstones) -> Iterator[tuple[RequestedLetter, Person]]:
    keyring = identity.keyring()
    for letter in environment.requested_letters.iterator(500):
        ids = letter.user_id, None
        person = tombstones.whose_ids(ids, letter.received_at, letter.received_at, keyring)
        if person is not None:
            yield letter, person
