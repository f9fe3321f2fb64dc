"""Which interactions the events of a source stand for in an environment, where somebody has chosen it.

What nobody has chosen is as the source's own table says (``Source.TYPES``). Whoever reads a source's events, from a
file, a call, a stream or a day that is pulled, takes the options from here.
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

#: The sources whose events can be given other types: Dojo's own form says its types itself.
SOURCES_WITH_TYPES: Final = tuple(name for name in SOURCES if name != OWN)
MOST_CHOSEN: Final = 1000  # event names of one source in one environment
LONGEST_NAME: Final = 200


class TypeRefused(DojoError):
    """A choice that can't be kept, as a sentence."""


def kept_types(environment_id: int, source: str) -> dict[str, str | None]:
    """What was chosen, by event name: a type of interactions, or None for events that are skipped on purpose."""
    chosen = EventType.objects.filter(environment=environment_id, source=source).values_list("name", "type")
    return {name: kind or None for name, kind in chosen}


def options_of(environment_id: int, source: str, zone: tzinfo | None = None) -> Options:
    """The options to read a source's events by; ``zone`` is that of times without one."""
    return Options(zone, kept_types(environment_id, source))


def default_types(source: str, name: str) -> tuple[str, ...]:
    """The types that the source's own table gives an event name; none where it skips it, or where it depends."""
    return SOURCES[source].TYPES.get(name, ())


def keep_types(
    environment: Environment,
    source: str,
    chosen: Mapping[str, str | None],
    *,
    defaults: frozenset[str] = frozenset(),
    user: User | None = None,
) -> int:
    """Keep what ``chosen`` says of these event names, and forget what was chosen of those in ``defaults``.

    Other names stay as they are. Answers how many changed. Raises TypeRefused.
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
