"""Find and view people: every view of a person is recorded in the activity log."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import User
from django.utils import timezone

from interactions import identity
from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.keys import Caller
from interactions.analytics.reports import person as profile
from interactions.analytics.reports.person import Profile
from interactions.analytics.reports.timeline import Place
from interactions.contract.tombstones import Person
from interactions.models import Environment

PAGE_RECORDS: Final = 100


def find(environment: Environment, identifier: str) -> list[Person]:
    """Find people by id: a user, an anonymous id, both or none. Raises DataSetBusy."""
    try:
        key = identity.keyring().key(identifier)
    except UnicodeEncodeError:  # a lone surrogate, which no id has
        return []
    return profile.find(environment.slug, key)


def view(environment: Environment, person: Person, viewer: User, *, after: Place | None = None) -> Profile | None:
    """A person with a page of their timeline, which is logged; None if nobody has this key.

    All views of a person by one member on one day are one action in the log. Raises DataSetBusy.
    """
    found = profile.profile(environment.slug, person, after=after, limit=PAGE_RECORDS)
    if found is not None:
        details = {"records_before": after.at.isoformat(timespec="seconds")} if after else {}
        note_viewed(environment, person, viewer, **details)
    return found


def note_viewed(environment: Environment, person: Person, viewer: User | Caller, **details: str) -> None:
    """Log that a user, or the holder of a key, views records of a person."""
    day = timezone.localdate(timezone=environment.zone)
    who, pk = ("", viewer.pk) if isinstance(viewer, User) else (" key", viewer.key_id)
    audit.note(
        Action.PERSON_VIEWED,
        by=viewer,
        environment=environment,
        object=f"person {person.address}",
        details=details,
        shared=audit.shared_by(f"{environment.slug} {person.address} {day} seen by{who}", pk),
    )
