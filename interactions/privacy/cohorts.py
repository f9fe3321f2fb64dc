"""Erased people in cohorts: a name or a value that holds an id of theirs becomes ``ERASED``, which no record has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from interactions.analytics.conditions import Condition, Value
from interactions.cohorts.stored import StoredRule, json_of, rules_of
from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Cohort, Environment
from interactions.privacy.said_names import ERASED, ErasedNames

_FREE: Final = frozenset({"keywords", "page_contains", "page_url", "referrer", "result_type"}) | {
    f"campaign_{part}" for part in ("source", "medium", "name", "term", "content")
}


@dataclass(frozen=True, slots=True)
class _Mended:
    """A cohort that names a person, and its name and rules without them."""

    person: Person
    cohort: Cohort
    name: str
    rules: tuple[StoredRule, ...]


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count the cohorts that name these people."""
    return Counter(each.person for each in _mended(environment, tombstones))


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Take these people's ids out of cohorts."""
    for each in _mended(environment, tombstones):
        Cohort.objects.filter(pk=each.cohort.pk).update(name=each.name, rules=json_of(each.rules))


def _mended(environment: Environment, tombstones: Tombstones) -> Iterator[_Mended]:
    names = ErasedNames(tombstones)
    for cohort in list(environment.cohorts.all()):
        rules = rules_of(cohort)
        texts = [text for rule in rules for condition in rule.conditions for text in texts_of(condition)]
        met = [person for text in (cohort.name, *texts) if (person := names.whose(text))]
        if met:
            name = f"{ERASED} {cohort.pk}" if names.whose(cohort.name) else cohort.name
            yield _Mended(met[0], cohort, name, tuple(_without(rule, names) for rule in rules))


def _without(rule: StoredRule, names: ErasedNames) -> StoredRule:
    conditions = tuple(without_people(condition, names) for condition in rule.conditions)
    return msgspec.structs.replace(rule, conditions=conditions)


def texts_of(condition: Condition) -> list[str]:
    """The values that may name somebody: an id of a product isn't one of a person, even if both are 12."""
    is_free = condition.field in _FREE or condition.key_of_context
    return [str(value) for value in condition.values] if is_free else []


def without_people(condition: Condition, names: ErasedNames) -> Condition:
    """The condition with ERASED instead of the values that name these people."""
    if not any(map(names.whose, texts_of(condition))):
        return condition
    values: list[Value] = [ERASED if names.whose(str(value)) else value for value in condition.values]
    return replace(condition, values=tuple(dict.fromkeys(values)))
