"""Chips for the active conditions of a filter, and the fields of its form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Filter
from interactions.questions.parts import DENIED, FilterPart, part_of

_MOST_SAID: Final = 3  # values named in a chip; more are counted


@dataclass(frozen=True, slots=True)
class Chip:
    """An active condition: its parameter, "Region is", "Kent or Bath", and a link that removes it."""

    name: str
    label: str
    value: str
    without: str

    @classmethod
    def of(cls, condition: Condition, without: str) -> Chip:
        """The chip of one condition."""
        part = part_of(condition)
        words = _either([part.words(value) for value in condition.values])
        return cls(part.name_of(condition), part.label + part.verbs[condition.is_not], words, without)


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field of the filter form: values that records must have or, with ``is_not``, must not have.

    ``values`` are as in the query string, or one empty string. ``options`` are the choices as (value, label); without
    any, the field is a text input.
    """

    part: FilterPart
    is_not: bool
    values: Sequence[str]
    options: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, part: FilterPart, parts: Filter) -> FilterField:
        """If a field has both kinds of values, the form shows the first condition."""
        of_part = [each for each in parts.conditions if each.field == part.field][:1]
        values = [part.said(value) for condition in of_part for value in condition.values]
        options = [(word, words) for word, (_, words) in part.values.items()]
        return cls(part, any(condition.is_not for condition in of_part), values or [""], options)

    @property
    def name(self) -> str:
        """The name of the query parameter."""
        return self.part.name + DENIED * self.is_not

    @property
    def verbs(self) -> list[tuple[str, str, bool]]:
        """The operators as (suffix of the parameter, label, is selected); empty for fields with a yes/no choice."""
        if len(self.options) in (1, 2):
            return []
        has, has_not = self.part.verbs
        return [("", has.strip(), not self.is_not), (DENIED, has_not.strip(), self.is_not)]


def _either(words: list[str]) -> str:
    """``Kent``, ``Kent or Bath``, ``Kent, Bath, Hove or 2 more``."""
    if len(words) > _MOST_SAID + 1:
        words = [*words[:_MOST_SAID], f"{len(words) - _MOST_SAID} more"]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
