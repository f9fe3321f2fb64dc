"""Erase people from kept events: an event is deleted if any of its fields names one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import msgspec
from django.utils import timezone

from interactions import identity
from interactions.contract.keyring import Keyring
from interactions.contract.mentions import words_in
from interactions.contract.tombstones import ErasedPeople, Person, Tombstones, microseconds
from interactions.models import Environment, KeptEvent

KEPT_FOR = timedelta(days=30)


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """The number of kept events that name each of these people. Truncated events, which may name anybody, count for
    ``Person()``."""
    found: Counter[Person] = Counter()
    for _, person in _theirs(environment, tombstones):
        found[person] += 1
    return found


def texts(environment: Environment, theirs: Tombstones) -> Iterator[bytes]:
    """These people's kept events as JSON. Damaged or truncated ones are JSON strings."""
    for event, person in _theirs(environment, theirs):
        if person == Person():
            continue
        try:
            yield msgspec.json.format(event.text.encode(), indent=-1)
        except msgspec.MsgspecError:
            yield msgspec.json.encode(event.text)


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Delete the events that name these people, except those received after their request."""
    KeptEvent.objects.filter(pk__in=[event.pk for event, _ in _theirs(environment, tombstones)]).delete()


def _theirs(environment: Environment, tombstones: Tombstones) -> Iterator[tuple[KeptEvent, Person]]:
    keyring = identity.keyring()
    rows = KeptEvent.objects.filter(connection__environment=environment)
    for event in rows.iterator(100):
        person = _whose(event, tombstones, keyring)
        if person is not None:
            yield event, person


def forget_old() -> None:
    """Delete events older than KEPT_FOR."""
    KeptEvent.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()


def names_any(text: str, tombstones: Tombstones, keyring: Keyring) -> bool:
    """Whether an event names one of these people."""
    return bool(_met(text, tombstones, keyring))


def _met(text: str, tombstones: Tombstones, keyring: Keyring) -> set[Person]:
    people = ErasedPeople(tombstones, keyring)
    words = words_in(text)
    people.look_for({*words, *(word.rpartition("/")[2] for word in words)})  # gid://shopify/Customer/7
    return people.met


def _whose(event: KeptEvent, tombstones: Tombstones, keyring: Keyring) -> Person | None:
    at = microseconds(event.at)
    met = [each for each in _met(event.text, tombstones, keyring) if at <= _until(each, tombstones)]
    if met:
        return min(met, key=str)
    return Person() if event.is_cut and at <= tombstones.last_asked else None


def _until(person: Person, tombstones: Tombstones) -> int:
    if person.user_key is not None:
        return tombstones.users.by_key[person.user_key]
    return tombstones.anonymous.by_key[person.anonymous_key or 0]
