"""A cohort as it is in the form: parsed, changed line by line, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Self

from django.http import QueryDict

from interactions.analytics.conditions import Condition, Value
from interactions.cohorts.stored import StoredRule, rules_of
from interactions.contract.schema import TYPES
from interactions.models import Cohort
from interactions.questions.parts import CONTAINED, DENIED, PARTS, FilterPart, form_of, part_named, part_of

MOST_RULES: Final = 10
MOST_LINES: Final = 10
MOST_TYPES: Final = 10
_MOST_TIMES: Final = 1_000_000
_MOST_DAYS: Final = 3_650
_LONGEST_NAME: Final = 80
KEY: Final = "custom"
"""The field of a line about a key of custom_context."""
FIELDS: Final = {part.name: part for part in PARTS if not (part.is_person or part.is_number)}
"""What a line can be about, besides KEY; no ids of people."""
DIDS: Final = {"did": "did", "not": "didn't do", "fewer": "did, but less often:"}
WHENS: Final = {"ever": "at any time", "days": "in the last", "dates": "between"}


@dataclass(slots=True)
class ConditionLine:
    """A condition of a rule; ``form`` is the suffix of its parameter in a filter, ``key`` is for KEY."""

    field: str = "product"
    form: str = ""
    value: str = ""
    key: str = ""

    @property
    def part(self) -> FilterPart | None:
        """The filter's field; None for a key that can't be filtered by."""
        return part_named(f"{KEY}.{self.key}") if self.is_key else FIELDS.get(self.field)

    @property
    def forms(self) -> list[tuple[str, str, bool]]:
        """The operators as (suffix, words, is chosen)."""
        forms = (self.part or FIELDS["region"]).forms
        return [(form, verb.strip(" :") or "is", form == self.form) for form, verb in forms]

    @property
    def options(self) -> list[tuple[str, str]]:
        """The values to choose from as (value, words); empty for a text."""
        part = FIELDS.get(self.field)
        return [(word, words) for word, (_, words) in part.values.items()] if part else []

    @property
    def is_key(self) -> bool:
        return self.field == KEY

    def meant(self, mistakes: list[str]) -> tuple[str, str, Value] | None:
        """The field, the operator and the value; a sentence about what is wrong is added to ``mistakes``."""
        part, text = self.part, self.value.strip()
        if part is None:
            mistakes.append(f"You can't filter by the key {self.key[:40]!r} of custom_context.")
            return None
        value = part.meant(text) if text else None
        if value is None:
            mistakes.append(part.mistake(text) if text else f"{part.label}: enter a value.")
            return None
        return part.field, self.form if self.form in dict(part.forms) else "", value

    @classmethod
    def of(cls, condition: Condition, value: Value) -> Self:
        """The line of one value of a condition."""
        part, key = part_of(condition), condition.key_of_context
        return cls(KEY if key else part.name, form_of(condition), part.said(value), key)


@dataclass(slots=True)
class RuleLines:
    """A rule in the form. An empty type means any."""

    did: str = "did"
    types: list[str] = field(default_factory=lambda: [""])
    times: str = "1"
    when: str = "ever"
    days: str = "30"
    first: str = ""
    last: str = ""
    lines: list[ConditionLine] = field(default_factory=list)

    @classmethod
    def sent(cls, post: QueryDict, number: str) -> Self:
        """The rule with this number in a form."""

        def one(name: str, known: Sequence[str] = ()) -> str:
            text = post.get(f"{name}-{number}", "")
            return text if not known or text in known else known[0]

        columns = [post.getlist(f"{name}-{number}") for name in ("field", "form", "value", "key")]
        lines = [ConditionLine(*cells) for cells in zip(*columns, strict=False)][:MOST_LINES]
        types = [name for name in post.getlist(f"type-{number}") if not name or name in TYPES][:MOST_TYPES]
        return cls(
            one("did", list(DIDS)), types or [""], one("times"), one("when", list(WHENS)), one("days"), one("first"),
            one("last"), [line for line in lines if line.field in FIELDS or line.is_key],
        )  # fmt: skip

    @classmethod
    def of(cls, rule: StoredRule) -> Self:
        """The lines of a stored rule."""
        did = "did" if not rule.is_not else "not" if rule.at_least == 1 else "fewer"
        when = "days" if rule.days is not None else "dates" if rule.first or rule.last else "ever"
        first, last = (day.isoformat() if day else "" for day in (rule.first, rule.last))
        lines = [ConditionLine.of(condition, value) for condition in rule.conditions for value in condition.values]
        days = str(rule.days or cls().days)
        return cls(did, list(rule.types) or [""], str(rule.at_least), when, days, first, last, lines)

    def checked(self, mistakes: list[str]) -> StoredRule:
        """The rule; sentences about what is wrong are added to ``mistakes``."""
        times = 1 if self.did == "not" else _number(self.times, "Times", _MOST_TIMES, mistakes)
        days = _number(self.days, "Days", _MOST_DAYS, mistakes) if self.when == "days" else None
        first, last = (_day(text, mistakes) if self.when == "dates" else None for text in (self.first, self.last))
        if first and last and first > last:
            mistakes.append("A rule ends before it starts. Swap the two dates.")
        if self.when == "dates" and not (first or last):
            mistakes.append("Enter the first day or the last day of a rule, or both.")
        if self.did == "fewer" and times == 1:
            mistakes.append('To choose people who never did something, choose "didn\'t do".')
        types = tuple(dict.fromkeys(name for name in self.types if name)) if all(self.types) else ()
        return StoredRule(types, self._conditions(mistakes), times, days, first, last, self.did != "did")

    def _conditions(self, mistakes: list[str]) -> tuple[Condition, ...]:
        """Several lines about the same field, with the same operator, are its values: one of them counts."""
        found: dict[tuple[str, str], list[Value]] = {}
        for line in self.lines:
            if meant := line.meant(mistakes):
                found.setdefault(meant[:2], []).append(meant[2])
        return tuple(
            Condition(name, tuple(dict.fromkeys(values)), DENIED in form, CONTAINED in form)
            for (name, form), values in found.items()
        )


@dataclass(slots=True)
class CohortDraft:
    """The form of a cohort."""

    name: str = ""
    rules: list[RuleLines] = field(default_factory=lambda: [RuleLines()])

    @classmethod
    def sent(cls, post: QueryDict) -> Self:
        """The form as sent."""
        numbers = [text for text in post.getlist("rule") if text.isdigit()][:MOST_RULES]
        rules = [RuleLines.sent(post, number) for number in numbers]
        return cls(post.get("name", "").strip()[: _LONGEST_NAME + 1], rules or [RuleLines()])

    @classmethod
    def of(cls, cohort: Cohort) -> Self:
        """The form of a stored cohort."""
        return cls(cohort.name, [RuleLines.of(rule) for rule in rules_of(cohort)])

    def step(self, step: str) -> None:
        """Add or remove a rule, a type or a line: ``add``, ``drop 0``, ``add-type 0``, ``drop-line 0 2`` and so on."""
        deed, *places = step.split(" ")
        numbers = [int(place) for place in places if place.isdigit()]
        rule = self.rules[numbers[0]] if numbers and numbers[0] < len(self.rules) else None
        match deed:
            case "add" if len(self.rules) < MOST_RULES:
                self.rules.append(RuleLines())
            case "drop" if rule is not None and len(self.rules) > 1:
                del self.rules[numbers[0]]
            case "add-type" if rule is not None and len(rule.types) < MOST_TYPES:
                rule.types.append("checkout")
            case "drop-type" if rule is not None and len(numbers) > 1 and len(rule.types) > 1:
                del rule.types[numbers[1] : numbers[1] + 1]
            case "add-line" if rule is not None and len(rule.lines) < MOST_LINES:
                rule.lines.append(ConditionLine())
            case "drop-line" if rule is not None and len(numbers) > 1:
                del rule.lines[numbers[1] : numbers[1] + 1]

    def checked(self) -> tuple[tuple[StoredRule, ...], list[str]]:
        """The rules, and sentences about what is wrong with them or with the name."""
        mistakes: list[str] = []
        rules = tuple(rule.checked(mistakes) for rule in self.rules)
        return rules, list(dict.fromkeys(mistakes))

    @property
    def name_mistake(self) -> str:
        """What is wrong with the name; empty if nothing is."""
        if not self.name:
            return "Enter a name."
        return f"The name can have up to {_LONGEST_NAME} characters." if len(self.name) > _LONGEST_NAME else ""

    @property
    def products(self) -> list[str]:
        """What the lines about products say, which may be ids."""
        return [line.value.strip() for rule in self.rules for line in rule.lines if line.field == "product"]

    @property
    def numbered(self) -> list[dict[str, Any]]:
        """The rules for the template."""
        return [{"number": number, "rule": rule} for number, rule in enumerate(self.rules)]


def _number(text: str, label: str, most: int, mistakes: list[str]) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 0 < int(text) <= most:
        return int(text)
    mistakes.append(f"{label}: enter a whole number from 1 to {most:,}.")
    return 1


def _day(text: str, mistakes: list[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        mistakes.append("A day in a rule isn't a date. Dates look like 2024-01-31.")
        return None
