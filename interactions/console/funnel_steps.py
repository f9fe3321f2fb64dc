"""The steps in the form of the Funnel page: a type each, and the conditions that the interaction has to meet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from interactions.analytics.steps import Step
from interactions.console.filter.choice import FilterChoice
from interactions.console.filter.form import Chip
from interactions.contract.schema import TYPES
from interactions.questions.steps import ANY, MOST_STEPS, STEP, ChosenStep, prefix_of_step


@dataclass(frozen=True, slots=True)
class StepSlot:
    """A step of the form; ``word`` is a type, ANY, or empty for one more step.

    ``bar`` is what the filter bar needs to add a condition, as JSON: the ``prefix`` of its parameters, and the
    ``query`` that it's added to. It's empty for one more step.
    """

    number: int
    word: str
    chips: Sequence[Chip] = ()
    bar: str = ""


def word_of(step: Step) -> str:
    """A step as it's chosen in a form; of several types, the first."""
    return ANY if set(step.types) == set(TYPES) else step.types[0]


def slots_of(choice: FilterChoice, steps: Sequence[Step]) -> list[StepSlot]:
    """The steps of a funnel for its form, and one more if there can be one."""
    words = [word_of(step) for step in steps]
    if len(choice.steps) < 2:  # the steps of a preset, or the usual ones, which the address doesn't name
        choice = replace(choice, steps=tuple(map(ChosenStep, words)), kept=choice.kept | {STEP: ",".join(words)})
    found = [_slot(choice, number) for number in range(1, len(words) + 1)]
    return [*found, StepSlot(len(words) + 1, "")] if len(words) < MOST_STEPS else found


def _slot(choice: FilterChoice, number: int) -> StepSlot:
    step, prefix = choice.steps[number - 1], prefix_of_step(number)
    chips = []
    for condition in step.conditions:
        rest = tuple(each for each in step.conditions if each != condition)
        others = (*choice.steps[: number - 1], replace(step, conditions=rest), *choice.steps[number:])
        without = replace(choice, steps=others).query()
        chips.append(Chip.of(condition, without, choice.product_names, prefix))
    return StepSlot(number, step.word, chips, json.dumps({"prefix": prefix, "query": choice.query()}))
