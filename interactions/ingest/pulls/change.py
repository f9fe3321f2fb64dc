"""Create a pull, replace its key, pull now, or pull a day again."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.errors import DojoError
from interactions.ingest.connections.find import digest_of
from interactions.ingest.connections.seal import sealed
from interactions.ingest.imports.queue import enqueue
from interactions.ingest.pulls.sources import PULL_SOURCES
from interactions.models import Connection, Environment, Pull, PulledDay

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FIRST_DAY: Final = date(2009, 1, 1)  # none of the tools has older events
_PROJECT: Final = re.compile(r"\d{1,20}\Z", re.ASCII)


class PullRefused(DojoError):
    """A pull can't be created or changed like this. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The settings of a new pull. ``since`` is the first day in the time zone ``zone`` ("" for UTC)."""

    source: str
    key: str
    secret: str
    region: str
    since: date
    project: str = ""
    zone: str = ""
    name: str = ""


def create(environment: Environment, asked: Asked, *, user: User | None = None) -> Pull:
    """Create a connection whose events are pulled, and start pulling. Raises PullRefused."""
    _check(asked)
    source = PULL_SOURCES[asked.source]
    with transaction.atomic():
        connection = Connection.objects.create(
            environment=environment,
            source=asked.source,
            name=asked.name or source.title,
            digest=digest_of(secrets.token_urlsafe()),  # of a URL that is never shown
            secret=sealed(asked.secret),
            created_by=user,
        )
        pull = Pull.objects.create(
            connection=connection,
            key=sealed(asked.key),
            project=asked.project if source.asks_project else "",
            region=asked.region,
            zone=asked.zone,
            since=asked.since,
            next_at=timezone.now(),
        )
        _note(Action.CONNECTION_CREATED, pull, user, source=asked.source, since=asked.since.isoformat())
        enqueue("pull_day", pull.pk)
    return pull


def _check(asked: Asked) -> None:
    source = PULL_SOURCES.get(asked.source)
    if source is None:
        raise PullRefused("This tool's events can't be pulled.")
    if asked.region not in source.hosts:
        raise PullRefused(f"{source.title} keeps no data in this region.")
    if source.asks_project and not _PROJECT.match(asked.project):
        raise PullRefused("The project ID must be a number.")
    if asked.zone and asked.zone not in available_timezones():
        raise PullRefused(f"There is no time zone called {asked.zone[:64]}.")
    if not FIRST_DAY <= asked.since <= timezone.now().date():
        raise PullRefused(f"The first day has to be between {FIRST_DAY.isoformat()} and today.")
    _check_key(asked.key, asked.secret)


def _check_key(key: str, secret: str) -> None:
    if not key or not secret:
        raise PullRefused("Enter both the key and its secret.")
    if ":" in key or not f"{key}{secret}".isprintable():
        raise PullRefused("The key or its secret has a character that keys can't have.")


def replace_key(pull: Pull, key: str, secret: str, *, user: User | None = None) -> None:
    """Replace the key, and pull with it right away. Raises PullRefused."""
    _check_key(key, secret)
    with transaction.atomic():
        Connection.objects.filter(pk=pull.connection_id).update(secret=sealed(secret))
        Pull.objects.filter(pk=pull.pk).update(key=sealed(key))
        _note(Action.CONNECTION_CHANGED, pull, user, changed="key")
        pull_now(pull)


def pull_now(pull: Pull) -> None:
    """Pull days that are due right away, skipping the wait after a failure."""
    with transaction.atomic():
        Pull.objects.filter(pk=pull.pk).update(next_at=timezone.now(), failures=0)
        enqueue("pull_day", pull.pk)
    pull.refresh_from_db()


def pull_again(day: PulledDay) -> None:
    """Pull a day again whose import was undone or failed. Raises PullRefused."""
    imp = day.imported
    if imp is not None and (not imp.has_ended or imp.is_done):
        raise PullRefused("The events of this day are already in the data set. Undo its import first.")
    with transaction.atomic():
        rows = PulledDay.objects.filter(pk=day.pk).exclude(state=PulledDay.State.PULLING)
        rows.update(state=PulledDay.State.PULLING, imported=None)
        pull_now(day.pull)


def _note(action: Action, pull: Pull, user: User | None, **details: str) -> None:
    connection = pull.connection
    about = f"connection {connection}"
    audit.note(action, by=user, environment=connection.environment, object=about, details=details)
