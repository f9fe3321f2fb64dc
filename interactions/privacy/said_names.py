"""Erased people among names that data brought along: of events, of fields that Dojo doesn't know, and in kept mappings.

Such names are a tool's words, as a rule. But a badly written event may be called by its user's id, and a table without
a header has a person's id as the name of a column. What is an id of an erased person becomes ``ERASED``; a choice or a
mapping whose columns name it goes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import Model, QuerySet
from msgspec.structs import replace

from interactions import identity
from interactions.connectors import SOURCES
from interactions.connectors.table import Mapping
from interactions.contract.mentions import words_in
from interactions.contract.tombstones import ErasedPeople, Person, Tombstones
from interactions.errors import ImportStateError
from interactions.ingest.connections.tally import count_again
from interactions.ingest.imports.tables import json_of, mapping_of
from interactions.models import (
    Block,
    Environment,
    EventCount,
    EventType,
    Import,
    ImportedEvents,
    Problem,
    SkippedEvents,
    SourceMapping,
)

ERASED: Final = "(erased)"
_TOOLS: Final = frozenset(name for source in SOURCES.values() for name in source.TYPES)
_SEAM: Final = re.compile(r"[.:/]\s*")
_TELLING: Final = re.compile(r"[@\d]")  # a word within a name is an id only if it looks like one
_FEWEST: Final = 6  # characters of such a word
_MOST_PARTS: Final = 8  # between two seams of an id


class ErasedNames:
    """Tells which names hold an id of erased people, and whose."""

    def __init__(self, tombstones: Tombstones) -> None:
        self._tombstones = tombstones
        self._known: dict[str, Person | None] = {}

    def whose(self, name: str) -> Person | None:
        """The erased person whose id is in a name, in any of its parts, or as one of its words."""
        if name not in self._known:
            self._known[name] = None if name in _TOOLS else self._met(name)
        return self._known[name]

    def _met(self, name: str) -> Person | None:
        people = ErasedPeople(self._tombstones, identity.keyring())
        people.look_for(frozenset(_parts(name)))
        return min(people.met, key=str, default=None)


def _parts(name: str) -> Iterator[str]:
    """What of a name may be an id: all of it, what is before or behind a seam, and words that look like ids."""
    for said in {name, name.replace("_", " ")}:  # in a field's path, blanks are written so
        yield said
        seams = [(0, 0), *(seam.span() for seam in _SEAM.finditer(said)), (len(said), len(said))]
        for place, (_, start) in enumerate(seams):
            yield from (said[start:end] for end, _ in seams[place + 1 :][:_MOST_PARTS] if end > start)
    yield from (word for word in words_in(name) if len(word) >= _FEWEST and _TELLING.search(word))


@dataclass(frozen=True, slots=True)
class _Kept:
    """A row, and the person whom a name in it names; ``mend`` takes the name out."""

    person: Person
    mend: Callable[[], object]


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count the rows in which a name names these people."""
    return Counter(each.person for each in _kept(environment, ErasedNames(tombstones)))


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Take these people's ids out of names. Counts stay, as those of ``ERASED``."""
    for each in list(_kept(environment, ErasedNames(tombstones))):
        with transaction.atomic():
            each.mend()


def _kept(environment: Environment, names: ErasedNames) -> Iterator[_Kept]:
    blocks = {"block__of__environment": environment}
    yield from _named(SkippedEvents.objects.filter(**blocks), "name", names)
    yield from _named(ImportedEvents.objects.filter(**blocks), "name", names)
    yield from _named(Problem.objects.filter(**blocks).exclude(path=""), "path", names)
    for row in EventCount.objects.filter(connection__environment=environment):
        if person := names.whose(row.name):
            yield _Kept(person, partial(count_again, row, ERASED))
    for choice in EventType.objects.filter(environment=environment):
        if person := names.whose(choice.name):
            yield _Kept(person, choice.delete)
    for kept in SourceMapping.objects.filter(environment=environment):
        if person := _in_mapping(kept.mapping, names):
            left = _without(kept.mapping, names)
            yield _Kept(person, partial(_set, kept, mapping=left) if left else kept.delete)
    yield from _of_blocks(environment, names)
    yield from _of_imports(environment, names)


def _named(rows: QuerySet[Any], field: str, names: ErasedNames) -> Iterator[_Kept]:
    """Rows that are called by a name, all of the same name at once."""
    for name in rows.order_by().values_list(field, flat=True).distinct():
        if person := names.whose(name):
            yield _Kept(person, partial(rows.filter(**{field: name}).update, **{field: ERASED}))


def _of_blocks(environment: Environment, names: ErasedNames) -> Iterator[_Kept]:
    rows = Block.objects.filter(of__environment=environment).exclude(ignored_fields={})
    for block in rows.only("ignored_fields").iterator(500):
        if person := _first(block.ignored_fields, names):
            kept: Counter[str] = Counter()
            for name, number in block.ignored_fields.items():
                kept[ERASED if names.whose(name) else name] += number
            yield _Kept(person, partial(_set, block, ignored_fields=dict(kept)))


def _of_imports(environment: Environment, names: ErasedNames) -> Iterator[_Kept]:
    """What event names became, and how tables were mapped. One that is loading still needs it: the request waits."""
    rows = Import.objects.filter(environment=environment).exclude(state=Import.State.LOADING)
    for imp in rows.only("event_types", "mapping").iterator(200):
        if person := _first(imp.event_types, names):
            kept = {name: kind for name, kind in imp.event_types.items() if not names.whose(name)}
            yield _Kept(person, partial(_set, imp, event_types=kept))
        if imp.mapping and (person := _in_mapping(imp.mapping, names)):
            left = _without(imp.mapping, names) or json_of(Mapping())
            yield _Kept(person, partial(_set, imp, mapping=left))


def _set(row: Model, **values: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**values)


def _first(said: Iterable[str], names: ErasedNames) -> Person | None:
    return next((person for each in said if (person := names.whose(each))), None)


def _in_mapping(text: str, names: ErasedNames) -> Person | None:
    """Who is named in a mapping: by a column, if its name looks like an id, or by a value."""
    try:
        mapping = mapping_of(text)
    except ImportStateError:  # of an earlier version, which nobody can use
        return None
    values = (value for rule in mapping.skip for value in rule.values)
    return _first(filter(_TELLING.search, sorted(mapping.columns)), names) or _first((*mapping.types, *values), names)


def _without(text: str, names: ErasedNames) -> str:
    """The mapping without values that name them; nothing is left of one whose columns do."""
    mapping = mapping_of(text)
    if _first(filter(_TELLING.search, sorted(mapping.columns)), names):
        return ""
    types = {value: kind for value, kind in mapping.types.items() if not names.whose(value)}
    skip = tuple(
        replace(rule, values=tuple(value for value in rule.values if not names.whose(value))) for rule in mapping.skip
    )
    return json_of(replace(mapping, types=types, skip=skip))
