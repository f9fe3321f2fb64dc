"""Erased people in the filters of scheduled exports: a value that holds an id of theirs becomes ``ERASED``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from interactions.analytics.conditions import Condition
from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Environment, ExportSchedule
from interactions.privacy.cohorts import texts_of, without_people
from interactions.privacy.said_names import ErasedNames


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count the schedules with filters that name these people."""
    names = ErasedNames(tombstones)
    return Counter(person for schedule, _ in _filters(environment) if (person := _met(schedule, names)))


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Take these people's ids out of the filters."""
    names = ErasedNames(tombstones)
    for schedule, given in _filters(environment):
        if _met(schedule, names):
            text = msgspec.json.encode(_without(given, names)).decode()
            ExportSchedule.objects.filter(pk=schedule.pk).update(filter=text)


def _filters(environment: Environment) -> Iterator[tuple[ExportSchedule, Any]]:
    """The schedules, removed ones too, with their filters as JSON."""
    for schedule in environment.export_schedules.all():
        yield schedule, msgspec.json.decode(schedule.filter)


def _met(schedule: ExportSchedule, names: ErasedNames) -> Person | None:
    """One of the people whom a filter names."""
    texts = (text for condition in _conditions(msgspec.json.decode(schedule.filter)) for text in texts_of(condition))
    return next((person for text in texts if (person := names.whose(text))), None)


def _conditions(node: Any) -> Iterator[Condition]:
    """All conditions in a filter, those of its cohorts too."""
    if _is_condition(node):
        yield msgspec.convert(node, Condition)
        return
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _conditions(inner)


def _without(node: Any, names: ErasedNames) -> Any:
    if _is_condition(node):
        return msgspec.to_builtins(without_people(msgspec.convert(node, Condition), names))
    if isinstance(node, dict):
        return {name: _without(inner, names) for name, inner in node.items()}
    return [_without(inner, names) for inner in node] if isinstance(node, list) else node


def _is_condition(node: Any) -> bool:
    return isinstance(node, dict) and {"field", "values"} <= node.keys()
