"""Erased people in what members wrote or kept: saved views, share links, and notes on days.

A view or link with a filter for an erased person's keyed hash, or for a text that is their id, is deleted. A name or
note that has their id becomes ``ERASED``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Annotation, Environment, SavedView, ShareLink
from interactions.privacy.said_names import ERASED, ErasedNames

_GROUPED: Final = re.compile(r"^(any|step)\d+\.")
# Parameters with values of closed lists, or of things. An id of a product isn't one of a person, even if both are 12.
_OF_THINGS: Final = frozenset(
    {
        "assisted",
        "category",
        "cohort",
        "device",
        "from",
        "group",
        "import",
        "locale",
        "miso_id",
        "origin",
        "period",
        "product",
    }
    | {"region", "split", "step", "to", "type", "unit"}
)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A row that names a person; ``mend`` removes the name or the row."""

    person: Person
    mend: Callable[[], object]


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count the views, links and notes that name these people."""
    return Counter(each.person for each in _mentions(environment, tombstones))


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove these people from views, links and notes."""
    for each in list(_mentions(environment, tombstones)):
        each.mend()


def _mentions(environment: Environment, tombstones: Tombstones) -> Iterator[_Mention]:
    names = ErasedNames(tombstones)
    for model in (SavedView, ShareLink):
        for pk, name, query in model.objects.filter(environment=environment).values_list("pk", "name", "query"):
            row = model.objects.filter(pk=pk)
            if person := _in_query(query, tombstones, names):
                yield _Mention(person, row.delete)
            elif person := names.whose(name):
                yield _Mention(person, partial(row.update, name=f"{ERASED} {pk}"))
    for pk, text in Annotation.objects.filter(environment=environment).values_list("pk", "text"):
        if person := names.whose(text):
            yield _Mention(person, partial(Annotation.objects.filter(pk=pk).update, text=ERASED))


def _in_query(query: str, tombstones: Tombstones, names: ErasedNames) -> Person | None:
    for name, value in parse_qsl(query):
        person = Person.at(value)
        if person is not None and _is_erased(person, tombstones):
            return person
        if _field(name) not in _OF_THINGS and (person := names.whose(value)):
            return person
    return None


def _field(name: str) -> str:
    """The field that a parameter is about: ``any2.region!~`` is about ``region``."""
    return _GROUPED.sub("", name).rstrip("!~")


def _is_erased(person: Person, tombstones: Tombstones) -> bool:
    of_users, of_anonymous = tombstones.users.by_key, tombstones.anonymous.by_key
    return person.user_key in of_users if person.user_key is not None else person.anonymous_key in of_anonymous
