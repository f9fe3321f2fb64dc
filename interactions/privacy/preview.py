"""Prepare a deletion request: the people it names, their records, and their anonymous ids.

The ids are stored only until the people are hidden or the request is cancelled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone

from interactions import identity
from interactions.analytics.reports import people
from interactions.errors import DojoError
from interactions.models import DeletionRequest, Environment, RequestedLink, RequestedPerson
from interactions.privacy.ids import About, Id, in_pieces
from interactions.privacy.links import links_of
from interactions.privacy.requests import NobodyNamed
from interactions.privacy.steps import RequestStateError, note

if TYPE_CHECKING:
    import pandas as pd

_ROWS: Final = 2_000  # rows read by one query
_SHORTEST_NAMED: Final = 4  # characters; shorter ids aren't looked for in the notes about the request

State = DeletionRequest.State


class NamesSomebody(DojoError):
    """The notes about a request contain one of the ids to erase."""


@dataclass(frozen=True, slots=True)
class RequestPreview:
    """What hiding and erasing would do, as of the request's ``counted_at``.

    ``people`` counts the users and anonymous ids that were named. ``beside`` counts records of the latter that have a
    user_id: those stay, because they belong to that user.
    """

    people: int
    unknown: int
    records: int
    alone: int
    first: datetime | None
    last: datetime | None
    types: dict[str, int] = field(default_factory=dict)
    links: int = 0
    links_taken: int = 0
    links_shared: int = 0
    beside: int = 0

    @property
    def total(self) -> int:
        """Records of the named people, and records without a user_id of the included anonymous ids."""
        return self.records + self.alone


def prepare(environment: Environment, ids: Iterable[Id], about: About, user: User | None) -> DeletionRequest:
    """Create a request; nothing is hidden yet. Raises NobodyNamed, NamesSomebody, NoList, DataSetBusy."""
    keyring = identity.keyring()
    with transaction.atomic():
        request = DeletionRequest.objects.create(
            environment=environment,
            source=DeletionRequest.Source.DESK,
            created_by=user,
            asked_by=about.asked_by,
            reference=about.reference,
            note=about.note,
            is_for_good=about.is_for_good,
        )
        named = (
            RequestedPerson(
                request=request, identifier=each.text, key=keyring.key(each.text), is_anonymous=each.is_anonymous
            )
            for each in ids
        )
        for rows in in_pieces(named):
            RequestedPerson.objects.bulk_create(rows, ignore_conflicts=True)
        _note_how_many(request)
        if not request.people + request.anonymous:
            raise NobodyNamed
        _require_nobody_named(request, about)
        note(request, "received", by=user, people=request.people + request.anonymous)
    count(request)
    return request


def count(request: DeletionRequest) -> None:
    """Count the people's records again; choices of links are kept. Raises DataSetBusy."""
    keys = _keys(request, anonymous=False)
    visitors = _keys(request, anonymous=True)
    found = people.by_user(request.environment.slug, keys)
    found_of_visitors = people.by_visitor(request.environment.slug, visitors) if visitors else None
    named = set(visitors)
    links = [link for link in links_of(request.environment.slug, keys) if link.anonymous_key not in named]
    alone = people.alone(request.environment.slug, sorted({link.anonymous_key for link in links}))
    records_alone = dict(zip(alone["anonymous_key"].tolist(), alone["records"].tolist(), strict=True))
    with transaction.atomic():
        _require_received(request)
        chosen = dict(request.links.values_list("anonymous_key", "is_taken"))
        _note_people(request, found, anonymous=False)
        if found_of_visitors is not None:
            _note_people(request, found_of_visitors, anonymous=True)
        request.links.all().delete()
        rows = (
            RequestedLink(
                request=request,
                user_key=link.user_key,
                anonymous_id=link.anonymous_id,
                anonymous_key=link.anonymous_key,
                first_at=link.first_at,
                records=link.records,
                alone=records_alone.get(link.anonymous_key, 0),
                users=link.users,
                is_taken=chosen.get(link.anonymous_key, not link.is_shared),
            )
            for link in links
        )
        for piece in in_pieces(rows):
            RequestedLink.objects.bulk_create(piece)
        request.counted_at = timezone.now()
        request.save(update_fields=["counted_at"])


def preview(request: DeletionRequest) -> RequestPreview:
    """The totals of a request's counts."""
    sums = request.named.aggregate(
        people=Count("pk"),
        records=Sum("records", default=0),
        beside=Sum("beside", default=0),
        first=Min("first_at"),
        last=Max("last_at"),
    )
    links = request.links.values("anonymous_key", "alone", "users", "is_taken").distinct()
    types: dict[str, int] = defaultdict(int)
    for of_person in request.named.exclude(records=0).values_list("types", flat=True).iterator(_ROWS):
        for name, records in of_person.items():
            types[name] += records
    return RequestPreview(
        people=sums["people"],
        unknown=request.named.filter(records=0, beside=0).count(),
        records=sums["records"],
        alone=sum(link["alone"] for link in links if link["is_taken"]),
        first=sums["first"],
        last=sums["last"],
        types=dict(sorted(types.items(), key=lambda each: -each[1])),
        links=len(links),
        links_taken=sum(link["is_taken"] for link in links),
        links_shared=sum(link["users"] > 1 for link in links),
        beside=sums["beside"],
    )


def choose_link(request: DeletionRequest, anonymous_key: int, *, is_taken: bool) -> None:
    """Include or exclude an anonymous id. Raises RequestStateError once the people are hidden."""
    with transaction.atomic():
        _require_received(request)
        request.links.filter(anonymous_key=anonymous_key).update(is_taken=is_taken)


def leave_out(request: DeletionRequest, person: int) -> None:
    """Remove a person, by row id, from the request. Raises RequestStateError, or NobodyNamed for the last one."""
    with transaction.atomic():
        _require_received(request)
        if request.named.count() == 1:
            raise NobodyNamed
        for row in request.named.filter(pk=person):
            if not row.is_anonymous:
                request.links.filter(user_key=row.key).delete()
            row.delete()
        _note_how_many(request)


def _note_how_many(request: DeletionRequest) -> None:
    request.anonymous = request.named.filter(is_anonymous=True).count()
    request.people = request.named.filter(is_anonymous=False).count()
    request.save(update_fields=["people", "anonymous"])


def _keys(request: DeletionRequest, *, anonymous: bool) -> list[int]:
    return list(request.named.filter(is_anonymous=anonymous).values_list("key", flat=True))


def _require_received(request: DeletionRequest) -> None:
    """It stays so until the end of the transaction."""
    rows = DeletionRequest.objects.select_for_update(no_key=True)
    if rows.filter(pk=request.pk, state=State.RECEIVED).first() is None:
        raise RequestStateError("The people of this request are already hidden, so it can't be changed.")


def _require_nobody_named(request: DeletionRequest, about: About) -> None:
    """Raises NamesSomebody if the notes, which are kept, contain an id that is erased."""
    kept = "\n".join((about.asked_by, about.reference, about.note)).lower()
    if not kept.strip():
        return
    for identifier in request.named.values_list("identifier", flat=True).iterator(_ROWS):
        if len(identifier) >= _SHORTEST_NAMED and identifier.lower() in kept:
            raise NamesSomebody(
                "Who asked, the reference or the note has one of the ids. These are kept after the erasure: "
                "leave the id out."
            )


def _note_people(request: DeletionRequest, found: pd.DataFrame, *, anonymous: bool) -> None:
    """Save the counts in ``found``, which is from ``people.by_user`` or ``people.by_visitor``: rows by key and type."""
    of_key: dict[int, list[Any]] = defaultdict(list)
    for each in found.itertuples(index=False):
        of_key[each.anonymous_key if anonymous else each.user_key].append(each)
    changed = []
    for row in request.named.filter(is_anonymous=anonymous):
        rows = of_key.get(row.key, [])
        if rows or row.records or row.beside:
            seen = [each for each in rows if each.records]
            row.types = {each.type: int(each.records) for each in seen}
            row.records = sum(row.types.values())
            row.beside = sum(int(each.beside) for each in rows) if anonymous else 0
            row.first_at = min((each.first_at.to_pydatetime() for each in seen), default=None)
            row.last_at = max((each.last_at.to_pydatetime() for each in seen), default=None)
            changed.append(row)
    RequestedPerson.objects.bulk_update(changed, ["types", "records", "beside", "first_at", "last_at"], batch_size=200)
