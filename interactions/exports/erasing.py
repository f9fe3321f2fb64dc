"""Erased people in exports: what was begun before they asked may hold them, and is removed as a whole."""

from __future__ import annotations

from datetime import datetime

from interactions.exports import storage
from interactions.exports.lifecycle import end
from interactions.models import Environment, Export

State = Export.State
_SENTENCE = "People were erased after the export started, so the file was removed. Export again."


def count_before(environment: Environment, moment: datetime) -> int:
    """How many exports that were begun up to ``moment`` have a file, or are to have one."""
    begun = Export.objects.filter(environment=environment, created_at__lte=moment)
    with_file = begun.filter(pk__in=storage.kept()).values_list("pk", flat=True)
    alive = begun.filter(state__in=[State.WAITING, State.WRITING, State.DONE]).values_list("pk", flat=True)
    return len({*with_file, *alive})


def forget_before(environment: Environment, moment: datetime) -> None:
    """Remove those exports: a task that still writes one finds its row changed, and stops."""
    begun = Export.objects.filter(environment=environment, created_at__lte=moment)
    end(begun.filter(state__in=[State.WAITING, State.WRITING, State.DONE]), state=State.REMOVED, error=_SENTENCE)
    for export in begun.filter(pk__in=storage.kept()):
        storage.remove(export)
