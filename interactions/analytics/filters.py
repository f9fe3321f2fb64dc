"""The filter of interactions, shared by all pages and exports."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any, TypeVar

import ibis
from ibis import _

from interactions.analytics.cohorts import CohortCondition, CohortRule, uses
from interactions.analytics.conditions import Condition as Condition
from interactions.analytics.conditions import Value
from interactions.analytics.devices import Device as Device
from interactions.analytics.engine import MOMENT, agents_in
from interactions.analytics.periods import ALL, Period
from interactions.contract.schema import TYPES, TYPES_BY_GROUP, Group

Given = Value | Sequence[Value] | None
Alternative = Condition | CohortCondition
"""One of several conditions of which one has to hold."""
Sortable = TypeVar("Sortable", bound=Alternative)
Mark = Callable[[CohortCondition, ibis.Table, str], ibis.Table]
"""Adds a column of this name: whether a row's person meets the condition."""


@dataclass(frozen=True, slots=True, init=False)
class Filter:
    """Selects the interactions in the period, of one of the ``types`` or ``groups``, that meet all ``conditions``, and
    at least one condition of each list in ``any_of``, of people who meet all of ``cohorts``.

    Conditions are in the order of ``conditions.FIELDS``, within each list, too, which can have cohorts at its end.
    """

    period: Period
    groups: tuple[Group, ...]
    types: tuple[str, ...]
    conditions: tuple[Condition, ...]
    any_of: tuple[tuple[Alternative, ...], ...] = ()
    cohorts: tuple[CohortCondition, ...] = ()

    def __init__(
        self,
        period: Period = ALL,
        groups: Sequence[Group] = (),
        types: Sequence[str] = (),
        conditions: Sequence[Condition] = (),
        any_of: Sequence[Sequence[Alternative]] = (),
        cohorts: Sequence[CohortCondition] = (),
        **fields: Given,
    ) -> None:
        """Keyword arguments such as ``region="Kent"`` or ``region=("Kent", "Bath")`` add conditions; None adds nothing.

        ``user_key`` and ``anonymous_key`` are keyed hashes of ids, used in URLs instead of the ids.
        ``page_contains`` searches the page's URL; ``page_url`` is it without query and fragment. ``page_contains`` and
        ``miso_id`` ignore case; all other texts have to be equal.
        ``is_live=False`` means records from imports. Raises ValueError for an unknown field.
        """
        more = [Condition(name, _values(given)) for name, given in fields.items() if given is not None]
        object.__setattr__(self, "period", period)
        object.__setattr__(self, "groups", tuple(groups))
        object.__setattr__(self, "types", tuple(types))
        object.__setattr__(self, "conditions", _sorted([*conditions, *more]))
        object.__setattr__(self, "any_of", tuple(_sorted(group) for group in any_of if group))
        object.__setattr__(self, "cohorts", tuple(cohorts))

    @property
    def all_types(self) -> tuple[str, ...]:
        """The selected types in the schema's order; all types if none is selected."""
        chosen = set(self.types).union(*(TYPES_BY_GROUP[group] for group in self.groups))
        return tuple(name for name in TYPES if name in chosen) if chosen else TYPES

    @property
    def all_conditions(self) -> tuple[Condition, ...]:
        """The conditions on fields, those in ``any_of``, too."""
        grouped = (each for group in self.any_of for each in group if isinstance(each, Condition))
        return (*self.conditions, *grouped)

    @property
    def all_cohorts(self) -> tuple[CohortCondition, ...]:
        """The conditions on cohorts, those in ``any_of``, too."""
        grouped = (each for group in self.any_of for each in group if isinstance(each, CohortCondition))
        return (*self.cohorts, *grouped)

    @property
    def has_types(self) -> bool:
        """Whether types or groups are selected."""
        return bool(self.types or self.groups)

    @property
    def import_id(self) -> int | None:
        """The import that all records must come from; None unless it's exactly one."""
        imports = self.values("import_id")
        return int(imports[0]) if len(imports) == 1 else None

    @property
    def key(self) -> str:
        """A cache key: equal for filters that mean the same, and only for those."""
        given: dict[str, Any] = {"conditions": [condition.key for condition in self.conditions]}
        if self.any_of:
            given["any_of"] = sorted(([condition.key for condition in group] for group in self.any_of), key=repr)
        if self.has_types:
            given["types"] = self.all_types
        if self.period != ALL:
            given["period"] = (_moment(self.period.start), _moment(self.period.end))
        if self.cohorts:
            given["cohorts"] = [condition.key for condition in self.cohorts]
        return json.dumps(given, sort_keys=True)

    def values(self, field: str, *, is_not: bool = False) -> tuple[Value, ...]:
        """The values that ``field`` may have or, with ``is_not``, may not have; empty without a condition on it."""
        wanted = (
            each for each in self.conditions if (each.field, each.is_not, each.contains) == (field, is_not, False)
        )
        return next((each.values for each in wanted), ())

    def during(self, period: Period) -> Filter:
        """The same filter for another period."""
        return replace(self, period=period)

    def of_all_types(self) -> Filter:
        """The same filter without groups and types, for questions about several types."""
        return replace(self, groups=(), types=())

    def having(self, *, is_not: bool = False, **fields: Given) -> Filter:
        """The same filter with these values for these fields instead of others; None removes the condition.

        With ``is_not`` they're the values that the fields may not have.
        """
        kept = [
            each
            for each in self.conditions
            if (each.is_not, each.contains) != (is_not, False) or each.field not in fields
        ]
        more = [Condition(name, _values(given), is_not) for name, given in fields.items() if given is not None]
        return replace(self, conditions=(*kept, *more))

    def without(self, condition: Condition) -> Filter:
        """The same filter without one of its ``conditions``."""
        return replace(self, conditions=tuple(each for each in self.conditions if each != condition))

    def without_any_of(self, place: int) -> Filter:
        """The same filter without one of the lists in ``any_of``."""
        return replace(self, any_of=(*self.any_of[:place], *self.any_of[place + 1 :]))

    def in_cohorts(self, *cohorts: CohortCondition) -> Filter:
        """The same filter with these conditions on cohorts instead of ``cohorts``."""
        return replace(self, cohorts=cohorts)

    def with_cohorts(self, change: Callable[[CohortCondition], CohortCondition]) -> Filter:
        """The same filter with every condition on cohorts changed."""
        if not self.all_cohorts:
            return self
        any_of = tuple(
            tuple(change(each) if isinstance(each, CohortCondition) else each for each in group)
            for group in self.any_of
        )
        return replace(self, cohorts=tuple(map(change, self.cohorts)), any_of=any_of)

    def counted_back(self, newest: datetime | None, zone: tzinfo) -> Filter:
        """The same filter with its cohorts as of the ``newest`` record, which is what engines need."""
        return self.with_cohorts(lambda each: each.counted_back(newest, zone))

    def asks_for(self, field: str) -> bool:
        """Whether there is a condition on ``field``, of records or of a cohort."""
        return any(each.field == field for each in self.all_conditions) or uses(self.all_cohorts, field)

    def within(
        self, table: ibis.Table, *, agents: Sequence[str | None] | None = None, mark: Mark = CohortCondition.marked
    ) -> ibis.Table:
        """The interactions of ``table`` that pass; ``table`` itself for an empty filter.

        ``agents`` are the user agents that occur. A condition on the device needs them; if they aren't given, they're
        queried from the table. Cohorts need their members, unless ``mark`` finds them itself.
        """

        def seen() -> Sequence[str | None]:
            return agents_in(table) if agents is None else agents

        rows, marks = table, dict[int, str]()
        for cohort in self.all_cohorts:
            if id(cohort) not in marks:
                marks[id(cohort)] = f"passes_{len(marks)}"
                rows = mark(cohort, rows, marks[id(cohort)])

        def met(each: Alternative) -> Any:
            return each.met(seen) if isinstance(each, Condition) else _[marks[id(each)]]

        conditions = [*self._by_time(), *map(met, self.conditions), *map(met, self.cohorts)]
        conditions += [reduce(or_, map(met, group)) for group in self.any_of]
        if self.has_types:
            conditions.append(_.type.isin(self.all_types))
        rows = rows.filter(conditions) if conditions else rows
        return rows.drop(*marks.values()) if marks else rows

    def _by_time(self) -> list[Any]:
        start, end = self.period.start, self.period.end
        return [
            *([_.timestamp >= ibis.literal(start, type=MOMENT)] if start is not None else []),
            *([_.timestamp < ibis.literal(end, type=MOMENT)] if end is not None else []),
        ]


def _sorted(conditions: Sequence[Sortable]) -> tuple[Sortable, ...]:
    return tuple(sorted(conditions, key=lambda each: each.order))


def counted(rule: CohortRule) -> Filter:
    """The records that a cohort's rule counts. Raises ValueError while its days aren't a period."""
    if rule.days is not None:
        raise ValueError("Days of a cohort count back from the newest record: say from which.")
    return Filter(rule.period, types=rule.types, conditions=rule.conditions)


def _values(given: Value | Sequence[Value]) -> tuple[Value, ...]:
    """The distinct values."""
    several = (given,) if isinstance(given, str | int) else given
    return tuple(dict.fromkeys(each.value if isinstance(each, Enum) else each for each in several))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
