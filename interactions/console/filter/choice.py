"""The filter of a page about interactions, for its chips and form. It's in the URL, so pages can be shared.

A page includes ``filter/chips.html`` and has ``choice``, ``environment`` and ``label`` (the period in words) in its
context.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import QueryDict

from interactions.analytics.conditions import Condition
from interactions.console.filter.form import Chip, FilterField, edit_of
from interactions.contract.schema import TYPES, TYPES_BY_GROUP
from interactions.contract.tombstones import Person
from interactions.product_names import ProductNames, names_of
from interactions.questions.choice import PRESETS, TIMES, FilterQuery
from interactions.questions.cohorts import COHORT
from interactions.questions.parts import DENIED, PARTS, PEOPLE, FilterPart, names_in, part_of
from interactions.questions.words import products_in

_OF_IMPORTS: Final = ("import", "import!")  # import ids belong to one environment


@dataclass(frozen=True, slots=True)
class FilterChoice(FilterQuery):
    """A filter with what templates need to show it; ``looked_up`` has the names of its products, by their ids."""

    looked_up: dict[tuple[str, ...], ProductNames] = field(default_factory=dict, compare=False, repr=False)

    @property
    def chips(self) -> list[Chip]:
        """The active conditions except the period, in the order of the form.

        Pages show a single import by themselves.
        """
        groups, types, names = self.parts.groups, self.parts.types, self.product_names
        of_groups = edit_of("group", [(group.name.lower(), group.value) for group in groups])
        of_types = edit_of("type", [(name, name) for name in types])
        found = [
            Chip("group", "Group:", group.value, self.replaced(groups=_without(groups, group)).query(), of_groups)
            for group in groups
        ]
        found += [
            Chip("type", "Type:", name, self.replaced(types=_without(types, name)).query(), of_types) for name in types
        ]
        found += [
            Chip.of(condition, replace(self, parts=self.parts.without(condition)).query(), names)
            for condition in self.parts.conditions
            if not self._is_import(condition)
        ]
        found += [
            Chip.of_cohort(
                each, replace(self, parts=self.parts.in_cohorts(*_without(self.parts.cohorts, each))).query()
            )
            for each in self.parts.cohorts
        ]
        return found + [
            Chip.of_any(place, group, replace(self, parts=self.parts.without_any_of(place)).query(), names)
            for place, group in enumerate(self.parts.any_of)
        ]

    @property
    def product_names(self) -> ProductNames:
        """The names of the products that the filter and the steps of a funnel are about."""
        of_steps = (condition for step in self.steps for condition in step.conditions)
        here, ids = self.cohorts.environment, tuple(products_in((*self.parts.all_conditions, *of_steps)))
        if here is None or not ids:
            return {}
        if ids not in self.looked_up:
            self.looked_up[ids] = names_of(here, ids)
        return self.looked_up[ids]

    def _is_import(self, condition: Condition) -> bool:
        """Whether the condition selects the records of one import."""
        return condition.field == "import_id" and not condition.is_not and len(condition.values) == 1

    @property
    def presets(self) -> list[tuple[str, str, bool]]:
        """Label, link and whether it's selected."""
        free = self.timeless()
        return [
            (label, replace(free, preset=key).query(unit=None), key == self.preset and not self.is_custom)
            for key, label in PRESETS.items()
        ]

    @property
    def without_period(self) -> str:
        return self.timeless().query(unit=None)

    @property
    def without_parts(self) -> str:
        return self.cleared().query()

    @property
    def without_import(self) -> str:
        return self.replaced(import_id=None).query()

    @property
    def period_pairs(self) -> list[tuple[str, str]]:
        """Hidden parameters for the filter form: those without a field in it."""
        shown = {"group", "type", *(field.name for field in (*self.fields, *self.custom_fields))}
        return [pair for pair in self.pairs() if pair[0] not in shown] + list(self.kept.items())

    @property
    def all_pairs(self) -> list[tuple[str, str]]:
        """Hidden parameters for forms that don't change the filter."""
        return self.pairs() + list(self.kept.items())

    @property
    def part_pairs(self) -> list[tuple[str, str]]:
        """Hidden parameters for the period form."""
        own = [pair for pair in self.kept.items() if pair[0] != "unit"]
        return [pair for pair in self.pairs() if pair[0] not in TIMES] + own

    @property
    def fields(self) -> list[FilterField]:
        """The fields of the filter form."""
        found = [FilterField.of(part, self.parts) for part in PARTS if not (part.is_person or part.is_number)]
        return [*found, self._cohort_field] if self.cohorts.by_id else found

    @property
    def _cohort_field(self) -> FilterField:
        """If the filter has both kinds of conditions on cohorts, the form shows the first."""
        options = {str(each.pk): (each.pk, each.name) for each in self.cohorts.by_id.values()}
        part = FilterPart(COHORT, COHORT, "Cohort", options, verbs=(" is", " is not"))
        shown = self.parts.cohorts[:1]
        values = [str(each.pk) for condition in shown for each in condition.cohorts] or [""]
        form = "".join(DENIED for condition in shown if condition.is_not)
        return FilterField(part, form, values, [(word, words) for word, (_, words) in options.items()])

    @property
    def custom_fields(self) -> list[FilterField]:
        """A field for each key of custom_context in the filter."""
        conditions = [each for each in self.parts.conditions if each.key_of_context]
        parts = {condition.field: part_of(condition) for condition in conditions}
        return [FilterField.of(part, self.parts) for part in parts.values()]

    @property
    def bar(self) -> str:
        """The fields of the filter bar, for its script, as JSON: types and groups, and those of the form."""
        parts = [_as_json(part) for part in PARTS if not (part.is_person or part.is_number)]
        return json.dumps([_TYPES, _GROUPS, *([self._cohorts] if self.cohorts.by_id else []), *parts])

    @property
    def _cohorts(self) -> dict[str, Any]:
        """The cohorts as a field of the bar."""
        options = [(str(each.pk), each.name) for each in self.cohorts.by_id.values()]
        return {"name": COHORT, "label": "Cohort", "forms": _IN, "options": options, "suggests": False}

    @property
    def type_groups(self) -> list[dict[str, Any]]:
        """The groups and their types for the form."""
        return [
            {
                "name": group.name.lower(),
                "label": group.value,
                "chosen": group in self.parts.groups,
                "types": [(name, name in self.parts.types) for name in types],
            }
            for group, types in TYPES_BY_GROUP.items()
        ]


def carried(query: QueryDict) -> str:
    """The query string to pass on to another page of interactions: ``?…`` or empty."""
    pairs = [
        (name, value)
        for name in (*TIMES, *names_in(query))
        if name not in _OF_IMPORTS
        for value in query.getlist(name)
        if value
    ]
    pairs = [(name, value) for name, value in pairs if name not in PEOPLE or Person.at(value)]  # never an id
    return "?" + urlencode(pairs, safe=DENIED) if pairs else ""


def _as_json(part: FilterPart) -> dict[str, Any]:
    return {
        "name": part.name,
        "label": part.label,
        "forms": [(form, verb.strip()) for form, verb in part.forms],
        "options": [(word, words) for word, (_, words) in part.values.items()],
        "suggests": part.field not in _NOT_SUGGESTED,
    }


_NOT_SUGGESTED: Final = ("miso_id",)  # the index has hashes of them
_IS: Final = [("", "is")]
_IN: Final = [("", "is"), (DENIED, "is not")]
_TYPES: Final = {"name": "type", "label": "Type", "forms": _IS, "options": [(name, name) for name in TYPES]}
_GROUPS: Final = {
    "name": "group",
    "label": "Group of types",
    "forms": _IS,
    "options": [(group.name.lower(), group.value) for group in TYPES_BY_GROUP],
}


def _without(given: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    return tuple(each for each in given if each != one)
