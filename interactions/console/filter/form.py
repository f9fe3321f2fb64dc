"""Chips for the active conditions of a filter, and the fields of its form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from interactions.analytics.cohorts import CohortCondition
from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Alternative, Filter
from interactions.product_names import ProductNames
from interactions.questions.cohorts import COHORT, name_of
from interactions.questions.parts import DENIED, FilterPart, form_of, part_of, prefix_of
from interactions.questions.words import either, words_of_values


@dataclass(frozen=True, slots=True)
class Chip:
    """An active condition: its parameter, "Region is", "Kent or Bath", and a link that removes it.

    ``edit`` is what the filter bar needs to change it, as JSON: the ``group`` (the prefix of its parameters, or empty)
    and its ``conditions``, each with ``part``, ``form`` and ``values`` as (value, words). Empty if it can't be changed.
    """

    name: str
    label: str
    value: str
    without: str
    edit: str = ""

    @classmethod
    def of(cls, condition: Condition, without: str, names: ProductNames, prefix: str = "") -> Chip:
        """The chip of one condition; its parameters have the ``prefix`` if it's one of a funnel's step.

        ``names`` are those of products.
        """
        part = part_of(condition)
        edit = "" if part.is_person or part.is_number else _edit(prefix, [condition], names)
        name, label = prefix + part.name_of(condition), part.label + part.verb_of(condition)
        return cls(name, label, either(words_of_values(condition, names)), without, edit)

    @classmethod
    def of_cohort(cls, condition: CohortCondition, without: str) -> Chip:
        """The chip of a condition on cohorts."""
        label = "Not in cohort" if condition.is_not else "In cohort"
        words = either([each.name for each in condition.cohorts])
        return cls(name_of(condition), label, words, without, _edit("", [condition], {}))

    @classmethod
    def of_any(cls, place: int, group: Sequence[Alternative], without: str, names: ProductNames) -> Chip:
        """The chip of a group of which one condition has to hold, at a place in the filter's ``any_of``."""
        prefix = prefix_of(place + 1)
        chips = [cls.of(each, "", names) if isinstance(each, Condition) else cls.of_cohort(each, "") for each in group]
        first = chips[0]
        others = "".join(f", or {chip.label} {chip.value}" for chip in chips[1:])
        return cls(prefix.removesuffix("."), first.label, first.value + others, without, _edit(prefix, group, names))


def edit_of(part: str, values: Sequence[tuple[str, str]]) -> str:
    """:attr:`Chip.edit` for values of types, or groups of types."""
    return json.dumps({"group": "", "conditions": [{"part": part, "form": "", "values": values}]})


def _edit(group: str, conditions: Sequence[Alternative], names: ProductNames) -> str:
    return json.dumps({"group": group, "conditions": [_as_json(condition, names) for condition in conditions]})


def _as_json(condition: Alternative, names: ProductNames) -> dict[str, Any]:
    if isinstance(condition, CohortCondition):
        chosen = [(str(each.pk), each.name) for each in condition.cohorts]
        return {"part": COHORT, "form": DENIED * condition.is_not, "values": chosen}
    part = part_of(condition)
    values = list(zip(map(part.said, condition.values), words_of_values(condition, names), strict=True))
    return {"part": part.name, "form": form_of(condition), "values": values}


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field of the filter form: values, and the operator ``form`` that compares them with a record's.

    ``values`` are as in the query string, or one empty string. ``options`` are the choices as (value, label); without
    any, the field is a text input.
    """

    part: FilterPart
    form: str
    values: Sequence[str]
    options: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, part: FilterPart, parts: Filter) -> FilterField:
        """If a field has several conditions, the form shows the first."""
        of_part = [each for each in parts.conditions if each.field == part.field][:1]
        values = [part.said(value) for condition in of_part for value in condition.values]
        options = [(word, words) for word, (_, words) in part.values.items()]
        return cls(part, "".join(form_of(condition) for condition in of_part), values or [""], options)

    @property
    def name(self) -> str:
        """The name of the query parameter."""
        return self.part.name + self.form

    @property
    def verbs(self) -> list[tuple[str, str, bool]]:
        """The operators as (suffix of the parameter, label, is selected); empty for fields with a yes/no choice."""
        if len(self.options) in (1, 2):
            return []
        return [(form, verb.strip(), form == self.form) for form, verb in self.part.forms]
