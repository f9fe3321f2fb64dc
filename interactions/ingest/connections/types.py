"""The interaction types that users have chosen for a source's event names, per environment.

All other names have the source's default types (``Source.TYPES``). Everything that reads a source's events (imports,
webhooks, streams and pulls) gets its options from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

from django.db import transaction

from interactions.access import audit
from interactions.connectors import SOURCES, Options
from interactions.connectors.dojo import NAME as OWN
from interactions.contract import schema
from interactions.errors import DojoError
from interactions.models import EventType

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from interactions.models import Environment

#: The sources whose events can be given other types: all but Dojo's own format.
SOURCES_WITH_TYPES: Final = tuple(name for name in SOURCES if name != OWN)
MOST_CHOSEN: Final = 1000  # event names of one source in one environment
LONGEST_NAME: Final = 200


class TypeRefused(DojoError):
    """A choice is invalid. The message is a sentence for the user."""


def kept_types(environment_id: int, source: str) -> dict[str, str | None]:
    """The choices by event name: an interaction type, or None to skip the event."""
    chosen = EventType.objects.filter(environment=environment_id, source=source).values_list("name", "type")
    return {name: kind or None for name, kind in chosen}


def options_of(environment_id: int, source: str, zone: tzinfo | None = None) -> Options:
    """The options for reading a source's events; ``zone`` is the time zone of times without one."""
    return Options(zone, kept_types(environment_id, source))


def default_types(source: str, name: str) -> tuple[str, ...]:
    """The source's default types for an event name; empty if it's skipped, or depends on other fields."""
    return SOURCES[source].TYPES.get(name, ())


def keep_types(
    environment: Environment,
    source: str,
    chosen: Mapping[str, str | None],
    *,
    defaults: frozenset[str] = frozenset(),
    user: User | None = None,
) -> int:
    """Save the choices in ``chosen``, and remove those for the names in ``defaults``.

    Other names don't change. Returns the number of changed names. Raises TypeRefused.
    """
    _check(source, chosen)
    with transaction.atomic():
        before = kept_types(environment.pk, source)
        gone = [name for name in defaults if name in before]
        changed = {name: kind for name, kind in chosen.items() if name not in before or before[name] != kind}
        if len(before.keys() - set(gone) | changed.keys()) > MOST_CHOSEN:
            raise TypeRefused(f"Types can be chosen for at most {MOST_CHOSEN:,} event names of a source.")
        rows = EventType.objects.filter(environment=environment, source=source)
        rows.filter(name__in=gone).delete()
        EventType.objects.bulk_create(
            [
                EventType(environment=environment, source=source, name=name, type=kind or "")
                for name, kind in changed.items()
            ],
            update_conflicts=True,
            unique_fields=["environment", "source", "name"],
            update_fields=["type"],
        )
        count = len(gone) + len(changed)
        if count:
            _note(environment, source, count, user)
    return count


def _check(source: str, chosen: Mapping[str, str | None]) -> None:
    if source not in SOURCES_WITH_TYPES:
        raise TypeRefused("The events of this source can't be given other types.")
    for name, kind in chosen.items():
        if kind is not None and kind not in schema.TYPES:
            raise TypeRefused(f'There is no interaction type called "{kind[:40]}".')
        if not name or len(name) > LONGEST_NAME or "\x00" in name:
            raise TypeRefused(f"An event name has 1 to {LONGEST_NAME} characters.")


def _note(environment: Environment, source: str, count: int, user: User | None) -> None:
    details = {"changed": "types of events", "names": count}
    about = f"events of {SOURCES[source].TITLE}"
    audit.note(audit.Action.CONNECTION_CHANGED, by=user, environment=environment, object=about, details=details)
