"""What the templates of the filter show: a chip for each part that is set, and a field for each that can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Filter
from interactions.console.filter_parts import DENIED, FilterPart, part_of

_MOST_SAID: Final = 3  # values that a chip says; of more it says how many


@dataclass(frozen=True, slots=True)
class Chip:
    """A part that is set: its word in the address, "Region is" and "Kent or Bath", and the address without it."""

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
    """A part of the filter as the form shows it: what its values have to be, or with ``is_not``, must not be.

    ``values`` are as the address says them, one empty text where nothing is asked. ``options`` are what can be chosen
    (word, words); without any, values are typed.
    """

    part: FilterPart
    is_not: bool
    values: Sequence[str]
    options: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, part: FilterPart, parts: Filter) -> FilterField:
        """Where a part has values that it has to have and others that it must not have, the form shows the first."""
        of_part = [each for each in parts.conditions if each.field == part.field][:1]
        values = [part.said(value) for condition in of_part for value in condition.values]
        options = [(word, words) for word, (_, words) in part.values.items()]
        return cls(part, any(condition.is_not for condition in of_part), values or [""], options)

    @property
    def name(self) -> str:
        """Its word in the address."""
        return self.part.name + DENIED * self.is_not

    @property
    def verbs(self) -> list[tuple[str, str, bool]]:
        """What ends the word in the address, words, and whether it is chosen; none where one value is all there is."""
        if len(self.options) in (1, 2):
            return []
        has, has_not = self.part.verbs
        return [("", has.strip(), not self.is_not), (DENIED, has_not.strip(), self.is_not)]


def _either(words: list[str]) -> str:
    """``Kent``, ``Kent or Bath``, ``Kent, Bath, Hove or 2 more``."""
    if len(words) > _MOST_SAID + 1:
        words = [*words[:_MOST_SAID], f"{len(words) - _MOST_SAID} more"]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
