"""The import wizard's form for the interaction types of event names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.http import QueryDict

from interactions.connectors import table
from interactions.ingest.connections.types import keep_types, kept_types
from interactions.ingest.imports.events_found import EventName
from interactions.models import Import

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_ROWS: Final = 200
"""The most event names in the form, most frequent first."""
_SKIP: Final = "-"


@dataclass(frozen=True, slots=True)
class EventRow:
    """A row of the form: the events of one name. ``usually`` is what they become by default, and ``suggestion`` is the
    type that their name suggests, if they're skipped by default."""

    number: int
    event: EventName
    usually: str
    suggestion: str


def rows(names: Sequence[EventName]) -> list[EventRow]:
    suggested = table.type_table([event.name for event in names])
    return [
        EventRow(number, event, _usually(event), "" if event.usual else suggested.get(event.name) or "")
        for number, event in enumerate(names)
    ]


def _usually(event: EventName) -> str:
    types = event.usual or (event.kinds if event.chosen is None else ())
    return f"Default: {', '.join(types)}" if types else "Default: skipped"


def chosen(data: QueryDict, imp: Import) -> dict[str, str | None]:
    """The types of event names: those in the submitted form, else the saved ones."""
    types = kept_types(imp.environment_id, imp.connector)
    for name, kind in _told(data):
        if kind:
            types[name] = None if kind == _SKIP else kind
        else:
            types.pop(name, None)
    return types


def keep(data: QueryDict, imp: Import, user: User | None) -> None:
    """Save the choices for the environment and the source. Raises DojoError."""
    told = dict(_told(data))
    types = {name: None if kind == _SKIP else kind for name, kind in told.items() if kind}
    keep_types(imp.environment, imp.connector, types, defaults=frozenset(told.keys() - types.keys()), user=user)


def _told(data: QueryDict) -> Iterator[tuple[str, str]]:
    for number in range(MOST_ROWS):
        if name := data.get(f"event-{number}"):
            yield name, data.get(f"event-type-{number}", "")
