"""The filter of a page about interactions, for its chips and form. It's in the URL, so pages can be shared.

A page includes ``filter/chips.html`` and has ``choice``, ``environment`` and ``label`` (the period in words) in its
context.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import QueryDict

from interactions.analytics.conditions import Condition
from interactions.console.filter.form import Chip, FilterField
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.contract.tombstones import Person
from interactions.questions.choice import PRESETS, TIMES, FilterQuery
from interactions.questions.parts import DENIED, PARTS, PEOPLE, names_in, part_of

_OF_IMPORTS: Final = ("import", "import!")  # import ids belong to one environment


@dataclass(frozen=True, slots=True)
class FilterChoice(FilterQuery):
    """A filter with what templates need to show it."""

    @property
    def chips(self) -> list[Chip]:
        """The active conditions except the period, in the order of the form.

        Pages show a single import by themselves.
        """
        found = [
            Chip("group", "Group:", group.value, self.replaced(groups=_without(self.parts.groups, group)).query())
            for group in self.parts.groups
        ]
        found += [
            Chip("type", "Type:", name, self.replaced(types=_without(self.parts.types, name)).query())
            for name in self.parts.types
        ]
        return found + [
            Chip.of(condition, replace(self, parts=self.parts.without(condition)).query())
            for condition in self.parts.conditions
            if not self._is_import(condition)
        ]

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
        return [FilterField.of(part, self.parts) for part in PARTS if not (part.is_person or part.is_number)]

    @property
    def custom_fields(self) -> list[FilterField]:
        """A field for each key of custom_context in the filter."""
        conditions = [each for each in self.parts.conditions if each.key_of_context]
        parts = {condition.field: part_of(condition) for condition in conditions}
        return [FilterField.of(part, self.parts) for part in parts.values()]

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


def _without(given: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    return tuple(each for each in given if each != one)
