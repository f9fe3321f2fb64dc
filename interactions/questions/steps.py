"""The steps of a funnel in a query string: ``step=search&step=checkout&step1.region=Kent&step1.device!=phone``.

A step is a type, or any of them, and can have conditions on fields, which all have to hold. In an address they begin
with the step's number, counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict

from interactions.analytics.conditions import Condition
from interactions.analytics.reports.funnel import CONTENT, SHOP, Step, usual_steps
from interactions.contract.schema import TYPES
from interactions.product_names import ProductNames
from interactions.questions.parts import (
    CUSTOM_NAME,
    OF_RECORDS,
    OF_RECORDS_NAMES,
    conditions_on,
    custom_parts,
    pairs_of,
    part_of,
)
from interactions.questions.words import words_of_values

FUNNELS: Final = {"shop": ("Shop", SHOP), "content": ("Content", CONTENT)}
MOST_STEPS: Final = 6
ANY: Final = "any"
"""In place of a type: an interaction of any type."""
STEP: Final = "step"
_OF_STEP: Final = re.compile(r"step(\d{1,2})\.(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ChosenStep:
    """A step in an address: a type, ANY, or a key of FUNNELS, and its conditions."""

    word: str
    conditions: tuple[Condition, ...] = ()

    def named(self, names: ProductNames) -> Step:
        """The step that a report is asked about; its own name has the ``names`` of products beside their ids."""
        name = "Any interaction" if self.word == ANY else self.word
        types = TYPES if self.word == ANY else (self.word,)
        conditions = (words_of(condition, names) for condition in self.conditions)
        return Step(", ".join([name, *conditions]), types, self.conditions)


def words_of(condition: Condition, names: ProductNames) -> str:
    """A condition in a step's name: ``Region is Kent or Bath``."""
    part, values = part_of(condition), words_of_values(condition, names)
    last = f"{', '.join(values[:-1])} or {values[-1]}" if len(values) > 1 else values[0]
    return f"{part.label}{part.verb_of(condition)} {last}"


def steps_in(query: QueryDict, mistakes: list[str]) -> tuple[ChosenStep, ...]:
    """The steps in a query string: types, or one key of FUNNELS; empty if there aren't two at least.

    Empty ones don't count, nor do their conditions. A sentence about whatever is invalid is added to ``mistakes``.
    """
    given = ",".join(query.getlist(STEP)).split(",")
    words = [word for word in given if word]
    of_step = _conditions(query, mistakes)
    if len(words) == 1 and words[0] in FUNNELS:
        if of_step:
            mistakes.append(f"The steps of {words[0]} can't have conditions. Choose steps instead.")
        return (ChosenStep(words[0]),)
    if of_step and not words:
        mistakes.append("Conditions of steps need steps. Choose them, too.")
    mistakes.extend(f"Unknown type: {word[:40]}." for word in words if not _is_step(word))
    steps = [ChosenStep(word, of_step.pop(number, ())) for number, word in enumerate(given, 1) if _is_step(word)]
    lost = sorted(number for number in of_step if number > len(given) or given[number - 1])
    mistakes.extend(f"There is no step {number} that conditions could be about." for number in lost)
    return tuple(steps[:MOST_STEPS]) if len(steps) > 1 else ()


def steps_chosen(steps: Sequence[ChosenStep], present: set[str], names: ProductNames) -> tuple[Step, ...]:
    """The funnel's steps from those in a query string, or else the default for the types ``present``.

    ``names`` are those of products in their conditions.
    """
    if len(steps) == 1:
        return FUNNELS[steps[0].word][1]
    return tuple(each.named(names) for each in steps) if steps else usual_steps(present)


def pairs_of_steps(steps: Iterable[ChosenStep]) -> list[tuple[str, str]]:
    """The conditions of steps as query parameters."""
    return [pair for number, step in enumerate(steps, 1) for pair in pairs_of(step.conditions, prefix_of_step(number))]


def prefix_of_step(number: int) -> str:
    """The prefix of the query parameters of a step's conditions."""
    return f"{STEP}{number}."


def is_of_step(name: str) -> bool:
    """Whether a query parameter is about a condition of a step."""
    match = _OF_STEP.fullmatch(name)
    return match is not None and (match[2] in OF_RECORDS_NAMES or match[2].startswith(CUSTOM_NAME))


def _is_step(word: str) -> bool:
    return word in TYPES or word == ANY


def _conditions(query: QueryDict, mistakes: list[str]) -> dict[int, tuple[Condition, ...]]:
    """The conditions by the number of their step."""
    given: dict[int, dict[str, list[str]]] = {}
    for name, values in query.lists():
        match = _OF_STEP.fullmatch(name)
        if match and is_of_step(name):
            given.setdefault(int(match[1]), {})[match[2]] = values
    custom = custom_parts([name for names in given.values() for name in names], mistakes)
    found = {number: conditions_on((*OF_RECORDS, *custom), each, mistakes) for number, each in sorted(given.items())}
    return {
        number: tuple(sorted(conditions, key=lambda each: each.order))
        for number, conditions in found.items()
        if conditions
    }
