"""Conditions of a filter in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from interactions.analytics.conditions import Condition
from interactions.product_names import ProductNames, with_name
from interactions.questions.parts import part_of

_MOST_SAID: Final = 3  # values named; more are counted


def words_of_values(condition: Condition, names: ProductNames) -> list[str]:
    """The values of a condition for display; products with their names."""
    part = part_of(condition)
    is_named = condition.field == "product_id" and not condition.contains
    return [
        with_name(str(value), names) if is_named and value in names else part.words(value) for value in condition.values
    ]


def products_in(conditions: Iterable[Condition]) -> list[str]:
    """The ids of the products that conditions are about."""
    return [str(value) for each in conditions if each.field == "product_id" for value in each.values]


def either(words: list[str]) -> str:
    """``Kent``, ``Kent or Bath``, ``Kent, Bath, Hove or 2 more``."""
    if len(words) > _MOST_SAID + 1:
        words = [*words[:_MOST_SAID], f"{len(words) - _MOST_SAID} more"]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
