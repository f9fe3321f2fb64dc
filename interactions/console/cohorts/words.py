"""Rules of cohorts in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interactions.analytics.conditions import Condition
from interactions.cohorts.stored import StoredRule
from interactions.contract.moments import written
from interactions.product_names import ProductNames
from interactions.questions.parts import part_of
from interactions.questions.words import either, products_in, words_of_values


def words_of(rules: Sequence[StoredRule], names: ProductNames) -> str:
    """``did checkout at least 2 times in the last 30 days, and never did refund``; ``names`` are those of products."""
    return ", and ".join(_rule(rule, names) for rule in rules)


def products_of(rules: Iterable[StoredRule]) -> list[str]:
    """The ids of the products that rules are about."""
    return products_in(condition for rule in rules for condition in rule.conditions)


def _rule(rule: StoredRule, names: ProductNames) -> str:
    types = either(list(rule.types)) if rule.types else ""
    if rule.is_not and rule.at_least == 1:
        did = f"didn't do {types or 'anything'}" if _is_bounded(rule) else f"never did {types or 'anything'}"
    else:
        often = f"fewer than {_times(rule.at_least)}" if rule.is_not else f"at least {_times(rule.at_least)}"
        did = f"did {types or 'anything'}" + (f" {often}" if rule.at_least > 1 else "")
    conditions = " and ".join(_condition(condition, names) for condition in rule.conditions)
    return did + (f" where {conditions}" if conditions else "") + _when(rule)


def _is_bounded(rule: StoredRule) -> bool:
    return (rule.days or rule.first or rule.last) is not None


def _times(number: int) -> str:
    return f"{number:,} times" if number > 1 else "once"


def _condition(condition: Condition, names: ProductNames) -> str:
    part = part_of(condition)
    label = part.label[:1].lower() + part.label[1:] if condition.field == part.field else part.label
    return f"{label}{part.verb_of(condition)} {either(words_of_values(condition, names))}"


def _when(rule: StoredRule) -> str:
    if rule.days is not None:
        return f" in the last {rule.days:,} days" if rule.days > 1 else " on the last day"
    first, last = (day and written(day, "%b %-d, %Y") for day in (rule.first, rule.last))
    if first and last:
        return f" from {first} to {last}"
    return f" since {first}" if first else f" until {last}" if last else ""
