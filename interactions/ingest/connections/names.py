"""The event names of a source seen in an environment, with counts, types and an example."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Max, Sum

from interactions.connectors import SOURCES
from interactions.connectors.conventions import UNNAMED
from interactions.ingest.connections.tally import OTHER_NAMES
from interactions.ingest.connections.types import default_types, kept_types
from interactions.models import Environment, EventCount, Import, ImportedEvents, KeptEvent, SkippedEvents

MOST_NAMES: Final = 400
_NO_NAMES: Final = frozenset({OTHER_NAMES, UNNAMED})


@dataclass(slots=True)
class SeenName:
    """Events of one name that came to connections, in imported files or pulled days.

    ``interactions`` are the records made of them; ``skipped`` and ``refused`` count events, of files and days refused
    records. ``defaults`` are the source's own types, and ``chosen`` what somebody chose: None for nothing, "" for
    skipped.
    """

    name: str
    defaults: tuple[str, ...] = ()
    chosen: str | None = None
    interactions: int = 0
    skipped: int = 0
    refused: int = 0
    last_at: datetime | None = None
    example: KeptEvent | None = None

    @property
    def depends(self) -> bool:
        """Whether events of this name become interactions depending on other fields, such as the page."""
        return bool(self.interactions) and not self.defaults and self.chosen is None


def names_seen(environment: Environment, source: str) -> list[SeenName]:
    """The names seen, those without a type first, then the most frequent first; then those of the source's defaults."""
    chosen = kept_types(environment.pk, source)
    found: dict[str, SeenName] = {}

    def of(name: str) -> SeenName:
        return found.setdefault(name, SeenName(name, default_types(source, name)))

    for row in _counts(environment, source):
        seen = of(row["name"])
        seen.interactions, seen.skipped, seen.refused = row["made"], row["left"], row["bad"]
        seen.last_at = row["last"]
    for row in _skipped_by_imports(environment, source):
        of(row["name"]).skipped += row["left"]
    for row in _made_by_imports(environment, source):
        seen = of(row["name"])
        seen.interactions, seen.refused = seen.interactions + row["made"], seen.refused + row["bad"]
    for name in (*chosen, *SOURCES[source].TYPES):
        of(name)
    for name, kind in chosen.items():
        found[name].chosen = kind or ""
    for event in KeptEvent.objects.filter(connection__environment=environment, connection__source=source)[:MOST_NAMES]:
        if event.name in found and found[event.name].example is None:
            found[event.name].example = event
    listed = [seen for name, seen in found.items() if name not in _NO_NAMES]
    return sorted(listed, key=_order)[:MOST_NAMES]


def _order(seen: SeenName) -> tuple[bool, int, str]:
    count = seen.interactions + seen.skipped + seen.refused
    is_open = bool(count) and not seen.defaults and seen.chosen is None and not seen.interactions
    return not is_open, -count, seen.name


def _counts(environment: Environment, source: str) -> list[dict[str, Any]]:
    rows = EventCount.objects.filter(connection__environment=environment, connection__source=source).order_by()
    sums = {"made": Sum("interactions"), "left": Sum("skipped"), "bad": Sum("refused"), "last": Max("last_at")}
    return [dict(row) for row in rows.values("name").annotate(**sums)]


def _skipped_by_imports(environment: Environment, source: str) -> list[dict[str, Any]]:
    rows = SkippedEvents.objects.filter(block__of__environment=environment, block__of__connector=source).order_by()
    return [dict(row) for row in rows.values("name").annotate(left=Sum("count")).order_by("-left")[:MOST_NAMES]]


def _made_by_imports(environment: Environment, source: str) -> list[dict[str, Any]]:
    """Of imports that are in the data set, or that refused everything."""
    done = [Import.State.DONE, Import.State.DONE_WITH_REJECTS, Import.State.FAILED]
    rows = ImportedEvents.objects.filter(block__of__environment=environment, block__of__connector=source).order_by()
    sums = {"made": Sum("interactions"), "bad": Sum("refused")}
    found = rows.filter(block__of__state__in=done).values("name").annotate(**sums)
    counted: list[dict[str, Any]] = [dict(row) for row in found]
    return sorted(counted, key=lambda row: -row["made"])[:MOST_NAMES]
