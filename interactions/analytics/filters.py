"""Which interactions a page is about: one filter for all pages and exports."""

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
    """What every interaction shown has to be: of the period, of one of the types, and all ``conditions`` met.

    ``groups`` and ``types`` together mean any of either. Conditions are in the order of ``conditions.FIELDS``.
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
        """``region="Kent"`` and ``region=("Kent", "Bath")`` add conditions to those given, None adds nothing.

        ``user_key`` and ``anonymous_key`` are keyed hashes of ids, which addresses hold in their place.
        ``page_contains`` is looked for in the page's URL without regard to case, and a ``miso_id`` may be spelled in
        either case; all other texts have to be equal. ``is_live`` False: from an import. Raises ValueError for a field
        that records don't have.
        """
        more = [Condition(name, _values(given)) for name, given in fields.items() if given is not None]
        object.__setattr__(self, "period", period)
        object.__setattr__(self, "groups", tuple(groups))
        object.__setattr__(self, "types", tuple(types))
        object.__setattr__(self, "conditions", tuple(sorted([*conditions, *more], key=lambda each: each.order)))

    @property
    def all_types(self) -> tuple[str, ...]:
        """The types meant, in the schema's order; all of them where none is chosen."""
        chosen = set(self.types).union(*(TYPES_BY_GROUP[group] for group in self.groups))
        return tuple(name for name in TYPES if name in chosen) if chosen else TYPES

    @property
    def has_types(self) -> bool:
        """Whether types or groups are chosen."""
        return bool(self.types or self.groups)

    @property
    def import_id(self) -> int | None:
        """The import that all records have to be of; None where it isn't one."""
        imports = self.values("import_id")
        return int(imports[0]) if len(imports) == 1 else None

    @property
    def key(self) -> str:
        """Equal for filters that mean the same, and for no others: what answers are remembered by."""
        given: dict[str, Any] = {"conditions": [condition.key for condition in self.conditions]}
        if self.has_types:
            given["types"] = self.all_types
        if self.period != ALL:
            given["period"] = (_moment(self.period.start), _moment(self.period.end))
        return json.dumps(given, sort_keys=True)

    def values(self, field: str, *, is_not: bool = False) -> tuple[Value, ...]:
        """The values that ``field`` may have, or with ``is_not``, may not have; none where nothing is asked of it."""
        wanted = (each for each in self.conditions if (each.field, each.is_not) == (field, is_not))
        return next((each.values for each in wanted), ())

    def during(self, period: Period) -> Filter:
        """The same filter for another period."""
        return replace(self, period=period)

    def of_all_types(self) -> Filter:
        """The same filter without groups and types, for questions about several types."""
        return replace(self, groups=(), types=())

    def having(self, *, is_not: bool = False, **fields: Given) -> Filter:
        """The same filter with these values for these fields, in place of others; None asks nothing of a field.

        With ``is_not`` they are the values that the fields may not have.
        """
        kept = [each for each in self.conditions if each.is_not is not is_not or each.field not in fields]
        more = [Condition(name, _values(given), is_not) for name, given in fields.items() if given is not None]
        return replace(self, conditions=(*kept, *more))

    def without(self, condition: Condition) -> Filter:
        """The same filter without one of its conditions."""
        return replace(self, conditions=tuple(each for each in self.conditions if each != condition))

    def within(self, table: ibis.Table, *, agents: Sequence[str | None] | None = None) -> ibis.Table:
        """The interactions of ``table`` that are meant; all of it, as it is, where nothing is given.

        ``agents`` are the user agents that occur; where a device is given and they are not, the table is asked for
        them.
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
    """Each once."""
    several = (given,) if isinstance(given, str | int) else given
    return tuple(dict.fromkeys(each.value if isinstance(each, Enum) else each for each in several))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
