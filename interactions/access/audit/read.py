"""Read the activity log of an environment, action by action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from interactions.access.audit.write import Action
from interactions.models import ActivityEntry, Environment

# Groups of actions to filter by.
GROUPS: Final[dict[str, tuple[Action, ...]]] = {
    "Log-ins": (
        Action.LOG_IN,
        Action.LOG_IN_FAILED,
        Action.LOG_OUT,
        Action.PASSWORD_CHANGED,
        Action.SECOND_FACTOR_ADDED,
        Action.SECOND_FACTOR_REMOVED,
        Action.SECOND_FACTOR_FAILED,
        Action.SESSION_ENDED,
    ),
    "Imports": (
        Action.IMPORT_STARTED,
        Action.IMPORT_DONE,
        Action.IMPORT_FAILED,
        Action.IMPORT_CANCELLED,
        Action.IMPORT_RETRIED,
        Action.IMPORT_UNDO_STARTED,
        Action.IMPORT_UNDONE,
    ),
    "Data": (Action.EXPORTED, Action.PERSON_VIEWED),
    "Privacy": (
        Action.DELETION_RECEIVED,
        Action.DELETION_APPROVED,
        Action.DELETION_HIDDEN,
        Action.DELETION_ERASING,
        Action.DELETION_VERIFIED,
        Action.DELETION_FAILED,
        Action.DELETION_RETRIED,
        Action.DELETION_CANCELLED,
        Action.RECEIPT_TAKEN,
        Action.SHOP_REDACTED,
        Action.ACCESS_REQUESTED,
        Action.ACCESS_GIVEN,
        Action.RETENTION_RUN,
    ),
    "API keys": (Action.KEY_CREATED, Action.KEY_ROTATED, Action.KEY_REVOKED),
    "Connections": (
        Action.CONNECTION_CREATED,
        Action.CONNECTION_CHANGED,
        Action.CONNECTION_ROTATED,
        Action.CONNECTION_PAUSED,
        Action.CONNECTION_RESUMED,
        Action.CONNECTION_REMOVED,
    ),
    "Members": (
        Action.MEMBER_ADDED,
        Action.MEMBER_LINKED,
        Action.ROLE_CHANGED,
        Action.MEMBER_REMOVED,
        Action.MEMBER_DEACTIVATED,
        Action.MEMBER_REACTIVATED,
    ),
    "Cohorts": (
        Action.COHORT_CREATED,
        Action.COHORT_CHANGED,
        Action.COHORT_DELETED,
        Action.COHORT_EXPORTED,
    ),
    "Views and links": (
        Action.VIEW_SAVED,
        Action.VIEW_CHANGED,
        Action.VIEW_DELETED,
        Action.LINK_CREATED,
        Action.LINK_REVOKED,
        Action.NOTE_ADDED,
        Action.NOTE_CHANGED,
        Action.NOTE_DELETED,
    ),
    "Settings": (
        Action.SETTINGS_CHANGED,
        Action.PRODUCT_NAMES_CHANGED,
        Action.PRODUCT_NAMES_REMOVED,
        Action.ADMIN_CHANGED,
    ),
}
GROUP_OF: Final = {action: group for group, actions in GROUPS.items() for action in actions}


@dataclass(frozen=True, slots=True)
class EntrySearch:
    """A search for entries; empty values match all. Days are in the environment's time zone, and inclusive."""

    action: str = ""  # an action or a group
    actor: str = ""  # a substring, like object
    object: str = ""
    since: date | None = None
    until: date | None = None

    def conditions(self, zone: ZoneInfo) -> Q:
        found = Q()
        if self.action:
            found &= Q(action__in=GROUPS.get(self.action, (self.action,)))
        if self.actor:
            found &= Q(actor__icontains=self.actor)
        if self.object:
            found &= Q(object__icontains=self.object)
        if self.since:
            found &= Q(at__gte=_start(self.since, zone))
        if self.until:
            found &= Q(at__lt=_start(self.until + timedelta(days=1), zone))
        return found


@dataclass(frozen=True, slots=True)
class Deed:
    """One action: its last matching entry, and the steps before it, oldest first."""

    last: ActivityEntry
    before: tuple[ActivityEntry, ...]


def page(
    environment: Environment, search: EntrySearch, *, before: int | None, limit: int
) -> tuple[list[Deed], int | None]:
    """The newest ``limit`` actions whose last entry has an id below ``before``, and the ``before`` of the next page.

    The query walks down the ids and stops after one page, so it's as fast for a long log as for a short one.
    """
    matching = entries(environment, search)
    later = matching.filter(shared=OuterRef("shared"), id__gt=OuterRef("id")).order_by()
    leaders = matching.filter(~Exists(later))
    if before is not None:
        leaders = leaders.filter(id__lt=before)
    found = list(leaders[: limit + 1])
    shown = found[:limit]
    steps: defaultdict[object, list[ActivityEntry]] = defaultdict(list)
    for entry in _seen(environment).filter(shared__in=[leader.shared for leader in shown]).order_by("id"):
        steps[entry.shared].append(entry)
    deeds = [Deed(leader, tuple(step for step in steps[leader.shared] if step.pk < leader.pk)) for leader in shown]
    return deeds, shown[-1].pk if len(found) > limit else None


def entries(environment: Environment, search: EntrySearch) -> QuerySet[ActivityEntry]:
    """All matching entries, newest first."""
    return _seen(environment).filter(search.conditions(environment.zone))


def rows(environment: Environment, search: EntrySearch) -> Iterator[list[str]]:
    """The same as rows with a heading, with times in the environment's time zone."""
    yield ["time", "action", "actor_kind", "actor", "environment", "object", "address", "details", "shared"]
    for entry in entries(environment, search).iterator(2_000):
        yield [
            entry.at.astimezone(environment.zone).isoformat(timespec="milliseconds"),
            entry.action,
            entry.actor_kind,
            entry.actor,
            environment.slug if entry.environment_id else "",
            entry.object,
            entry.address,
            "; ".join(f"{key}: {value}" for key, value in sorted(entry.details.items())),
            str(entry.shared),
        ]


def _seen(environment: Environment) -> QuerySet[ActivityEntry]:
    """The entries of the environment, and those of no environment (log-ins).

    Written so that no index applies: the database walks down the ids and stops when a page is full. With OR it would
    fetch and sort all entries of the environment first.
    """
    return ActivityEntry.objects.annotate(of=Coalesce("environment_id", Value(environment.pk))).filter(
        of=environment.pk
    )


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
