"""Repeat the erasures in a journal that a restored backup doesn't include."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from interactions.models import DeletionRequest, Environment, Tombstone
from interactions.privacy import RequestStateError, cancel
from interactions.privacy.journal import JournalEntry
from interactions.privacy.steps import note

_BY = "Restore"


@dataclass(slots=True)
class Replayed:
    """The numbers of repeated requests and of their people, and the time (UTC) of the journal's last request."""

    requests: int = 0
    people: int = 0
    known_until: datetime | None = None


@dataclass(slots=True)
class _Request:
    """A request in a journal, combined from all of its entries."""

    entry: JournalEntry
    users: set[int] = field(default_factory=set)
    anonymous: set[int] = field(default_factory=set)
    earlier_users: set[int] = field(default_factory=set)
    earlier_anonymous: set[int] = field(default_factory=set)
    is_cancelled: bool = False

    def add(self, entry: JournalEntry) -> None:
        self.is_cancelled |= entry.is_cancelled
        (self.earlier_users if entry.is_earlier else self.users).update(entry.users)
        (self.earlier_anonymous if entry.is_earlier else self.anonymous).update(entry.anonymous)


def replay(entries: Iterable[JournalEntry], backup_at: datetime) -> Replayed:
    """Hide these people, to be erased once workers run. Also repeats cancellations since the backup."""
    replayed = Replayed(known_until=backup_at)
    requests: dict[tuple[int, datetime], _Request] = {}
    for entry in entries:
        requests.setdefault((entry.request, entry.at), _Request(entry)).add(entry)
        replayed.known_until = max(replayed.known_until or entry.at, entry.at)
    environments = {environment.slug: environment for environment in Environment.objects.all()}
    for request in requests.values():
        environment = environments.get(request.entry.environment)
        if environment is None:
            continue
        if request.is_cancelled:
            _cancel(environment, request)
            continue
        people = _make_again(environment, request)
        replayed.requests += people > 0
        replayed.people += people
    return replayed


def _cancel(environment: Environment, request: _Request) -> None:
    for row in DeletionRequest.objects.filter(environment=environment, hidden_at=request.entry.at):
        try:
            cancel(row, by=_BY)
        except RequestStateError:
            continue  # it was cancelled before the backup, or erasing had started


def _make_again(environment: Environment, request: _Request) -> int:
    """Repeat a request if the backup lacks it or some of its people; returns the number of people."""
    at = request.entry.at
    users = request.users - _known(environment, "user_key", at)
    anonymous = request.anonymous - _known(environment, "anonymous_key", at)
    earlier_users = request.earlier_users - _known(environment, "user_key", at)
    earlier_anonymous = request.earlier_anonymous - _known(environment, "anonymous_key", at)
    people = len(users) + len(anonymous) + len(earlier_users) + len(earlier_anonymous)
    if not people:
        return 0
    with transaction.atomic():
        row = DeletionRequest.objects.create(
            environment=environment,
            state=DeletionRequest.State.HIDDEN,
            source=DeletionRequest.Source.COMMAND,
            asked_by=_BY,
            is_for_good=request.entry.is_for_good,
            received_at=at,
            hidden_at=at,
            people=len(users) + len(earlier_users),
            anonymous=len(anonymous) + len(earlier_anonymous),
        )
        Tombstone.objects.lay(row, at, users=sorted(users), anonymous=sorted(anonymous))
        Tombstone.objects.lay(row, at, users=sorted(earlier_users), anonymous=sorted(earlier_anonymous))
        stones = Tombstone.objects.filter(request=row)
        stones.update(is_journalled=True)
        stones.filter(user_key__in=earlier_users).update(is_earlier=True)
        stones.filter(anonymous_key__in=earlier_anonymous).update(is_earlier=True)
        note(row, "received", by=_BY, people=people)
        note(row, "hidden", by=_BY, people=people)
    return people


def _known(environment: Environment, name: str, at: datetime) -> set[int]:
    """The people that the backup already excludes until ``at`` or later."""
    stones = Tombstone.objects.filter(environment=environment, at__gte=at).exclude(**{name: None})
    return set(stones.values_list(name, flat=True))
