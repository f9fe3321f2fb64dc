"""People named in requests in preparation: their ids are stored for the preview until they are hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from interactions.contract.tombstones import Person, Tombstones, microseconds
from interactions.models import Environment, RequestedLink, RequestedPerson


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count the rows of requests in preparation that name these people."""
    found: Counter[Person] = Counter()
    for person, _ in _people(environment, tombstones):
        found[person] += 1
    for person, _ in _links(environment, tombstones):
        found[person] += 1
    return found


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove these people from requests in preparation, as another request erased them. Later requests keep them."""
    for person, row in _people(environment, tombstones):
        if person.user_key is not None:
            row.request.links.filter(user_key=person.user_key).delete()
        row.delete()
    for _, link in _links(environment, tombstones):
        link.delete()


def _people(environment: Environment, tombstones: Tombstones) -> Iterator[tuple[Person, RequestedPerson]]:
    rows = RequestedPerson.objects.filter(request__environment=environment).select_related("request")
    for row in rows.iterator(2_000):
        until = (tombstones.anonymous if row.is_anonymous else tombstones.users).by_key.get(row.key)
        if until is not None and microseconds(row.request.received_at) <= until:
            yield Person(anonymous_key=row.key) if row.is_anonymous else Person(user_key=row.key), row


def _links(environment: Environment, tombstones: Tombstones) -> Iterator[tuple[Person, RequestedLink]]:
    rows = RequestedLink.objects.filter(request__environment=environment).select_related("request")
    for row in rows.iterator(2_000):
        until = tombstones.anonymous.by_key.get(row.anonymous_key)
        if until is not None and microseconds(row.request.received_at) <= until:
            yield Person(anonymous_key=row.anonymous_key), row
