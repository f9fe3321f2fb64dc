"""Cohorts in a query string: ``cohort=3&cohort=4`` is in one of them, ``cohort!=5`` is not in that one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from interactions.analytics.cohorts import CohortCondition, CohortDefinition, CohortRule
from interactions.cohorts.stored import KnownCohorts

COHORT: Final = "cohort"
_NOT_IN: Final = "cohort!"
NAMES: Final = (COHORT, _NOT_IN)
_MOST: Final = 10  # in one condition
_NOBODY: Final = (CohortRule(is_not=True),)  # people without any record


def name_of(condition: CohortCondition) -> str:
    """The query parameter of a condition."""
    return _NOT_IN if condition.is_not else COHORT


def conditions_in(
    given: Mapping[str, list[str]], known: KnownCohorts, mistakes: list[str]
) -> tuple[CohortCondition, ...]:
    """The conditions on cohorts among the parameters ``given``; a sentence about each unknown one is added to
    ``mistakes``.

    Nobody is in a cohort that isn't there: a link or a scheduled export with one that was deleted shows no more than
    before.
    """
    found = ((_found(given.get(name, []), known, mistakes), name == _NOT_IN) for name in NAMES)
    return tuple(CohortCondition(cohorts, is_not) for cohorts, is_not in found if cohorts)


def _found(texts: list[str], known: KnownCohorts, mistakes: list[str]) -> tuple[CohortDefinition, ...]:
    found: dict[int, CohortDefinition] = {}
    for text in dict.fromkeys(each.strip() for each in texts if each.strip()):
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            mistakes.append(f"cohort={text[:40]} in the address isn't the number of a cohort.")
            continue
        number = int(text)
        if number not in known.by_id:
            mistakes.append(f"There is no cohort {number} here. It may have been deleted, so nobody is in it.")
        found[number] = known.by_id.get(number) or CohortDefinition(number, f"{number}, which is gone", _NOBODY)
    if len(found) > _MOST:
        mistakes.append(f"Cohort: more than {_MOST}. The rest were left out.")
    return tuple(found.values())[:_MOST]


def pairs_of_cohorts(conditions: Iterable[CohortCondition]) -> list[tuple[str, str]]:
    """Conditions as query parameters."""
    return [(name_of(condition), str(each.pk)) for condition in conditions for each in condition.cohorts]
