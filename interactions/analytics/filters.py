"""The filter of interactions, shared by all pages and exports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import ibis
from ibis import _

from interactions.analytics.conditions import Condition as Condition
from interactions.analytics.conditions import Value
from interactions.analytics.devices import Device as Device
from interactions.analytics.devices import agents_in
from interactions.analytics.engine import MOMENT
from interactions.analytics.periods import ALL, Period
from interactions.contract.schema import TYPES, TYPES_BY_GROUP, Group

Given = Value | Sequence[Value] | None


@dataclass(frozen=True, slots=True, init=False)
class Filter:
    """Selects the interactions in the period, of one of the ``types`` or ``groups``, that meet all ``conditions``.

    Conditions are in the order of ``conditions.FIELDS``.
    """

    period: Period
    groups: tuple[Group, ...]
    types: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def __init__(
        self,
        period: Period = ALL,
        groups: Sequence[Group] = (),
        types: Sequence[str] = (),
        conditions: Sequence[Condition] = (),
        **fields: Given,
    ) -> None:
        """Keyword arguments such as ``region="Kent"`` or ``region=("Kent", "Bath")`` add conditions; None adds nothing.

        ``user_key`` and ``anonymous_key`` are keyed hashes of ids, used in URLs instead of the ids.
        ``page_contains`` searches the page's URL. It and ``miso_id`` ignore case; all other texts have to be equal.
        ``is_live=False`` means records from imports. Raises ValueError for an unknown field.
        """
        more = [Condition(name, _values(given)) for name, given in fields.items() if given is not None]
        object.__setattr__(self, "period", period)
        object.__setattr__(self, "groups", tuple(groups))
        object.__setattr__(self, "types", tuple(types))
        object.__setattr__(self, "conditions", tuple(sorted([*conditions, *more], key=lambda each: each.order)))

    @property
    def all_types(self) -> tuple[str, ...]:
        """The selected types in the schema's order; all types if none is selected."""
        chosen = set(self.types).union(*(TYPES_BY_GROUP[group] for group in self.groups))
        return tuple(name for name in TYPES if name in chosen) if chosen else TYPES

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
        if self.has_types:
            given["types"] = self.all_types
        if self.period != ALL:
            given["period"] = (_moment(self.period.start), _moment(self.period.end))
        return json.dumps(given, sort_keys=True)

    def values(self, field: str, *, is_not: bool = False) -> tuple[Value, ...]:
        """The values that ``field`` may have or, with ``is_not``, may not have; empty without a condition on it."""
        wanted = (each for each in self.conditions if (each.field, each.is_not) == (field, is_not))
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
        kept = [each for each in self.conditions if each.is_not is not is_not or each.field not in fields]
        more = [Condition(name, _values(given), is_not) for name, given in fields.items() if given is not None]
        return replace(self, conditions=(*kept, *more))

    def without(self, condition: Condition) -> Filter:
        """The same filter without one of its conditions."""
        return replace(self, conditions=tuple(each for each in self.conditions if each != condition))

    def within(self, table: ibis.Table, *, agents: Sequence[str | None] | None = None) -> ibis.Table:
        """The interactions of ``table`` that pass; ``table`` itself for an empty filter.

        ``agents`` are the user agents that occur. A condition on the device needs them; if they aren't given, they're
        queried from the table.
        """

        def seen() -> Sequence[str | None]:
            return agents_in(table) if agents is None else agents

        conditions = [*self._by_time(), *(condition.met(seen) for condition in self.conditions)]
        if self.has_types:
            conditions.append(_.type.isin(self.all_types))
        return table.filter(conditions) if conditions else table

    def _by_time(self) -> list[Any]:
        start, end = self.period.start, self.period.end
        return [
            *([_.timestamp >= ibis.literal(start, type=MOMENT)] if start is not None else []),
            *([_.timestamp < ibis.literal(end, type=MOMENT)] if end is not None else []),
        ]


def _values(given: Value | Sequence[Value]) -> tuple[Value, ...]:
    """The distinct values."""
    several = (given,) if isinstance(given, str | int) else given
    return tuple(dict.fromkeys(each.value if isinstance(each, Enum) else each for each in several))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
