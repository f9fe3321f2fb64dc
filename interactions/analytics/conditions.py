"""What a filter asks of one field of a record: to have one of some values, or none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

import ibis
from ibis import _

from interactions.analytics.devices import Device, agents_of

Value = str | bool | int
"""A value to look for; bool for fields that are said or denied."""

_COLUMNS: Final = {
    name: name
    for name in (
        *("user_id", "anonymous_id", "user_key", "anonymous_key", "keywords", "campaign_source", "campaign_medium"),
        *("campaign_name", "locale", "region", "import_id"),
    )
}
"""Fields that a column of the table holds as they are."""

_SINGLE: Final[dict[str, Callable[[Any], Any]]] = {
    "product_id": lambda value: _.product_ids.contains(value),
    "category": lambda value: _.category.contains(value),
    "miso_id": lambda value: _.miso_id.lower() == value.lower(),
    "page_contains": lambda value: _.page_url.lower().contains(ibis.literal(value).lower()),
    "is_assisted": lambda value: _.miso_id.notnull() if value else _.miso_id.isnull(),
    "is_live": lambda value: _.import_id == 0 if value else _.import_id != 0,
}
"""Fields that are looked for value by value."""

FIELDS: Final = (*_COLUMNS, *_SINGLE, "device")


@dataclass(frozen=True, slots=True)
class Condition:
    """``field``, one of FIELDS, has one of the ``values``; with ``is_not``, it has none of them.

    A record without a value has none of them, so ``is_not`` lets it through. Raises ValueError for a field that
    records don't have, and without values.
    """

    field: str
    values: tuple[Value, ...]
    is_not: bool = False

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise ValueError(f"Records have no field {self.field!r} to filter by.")
        if not self.values:
            raise ValueError(f"A condition on {self.field} needs a value.")

    @property
    def order(self) -> tuple[int, bool]:
        """Where it stands among the conditions of a filter."""
        return FIELDS.index(self.field), self.is_not

    @property
    def key(self) -> tuple[str, bool, list[Value]]:
        """Equal for conditions that mean the same."""
        values = [str(value).lower() for value in self.values] if self.field == "miso_id" else self.values
        return self.field, self.is_not, sorted(set(values), key=repr)

    def met(self, agents: Callable[[], Sequence[str | None]]) -> Any:
        """As an Ibis expression over the table; ``agents`` gives the user agents that occur in it."""
        found = self._found(agents)
        return ~found.fill_null(False) if self.is_not else found

    def _found(self, agents: Callable[[], Sequence[str | None]]) -> Any:
        if self.field == "device":
            seen = agents()
            return _is_one_of(
                _.user_agent, [agent for value in self.values for agent in agents_of(Device(str(value)), seen)]
            )
        if self.field in _SINGLE:
            return reduce(or_, [_SINGLE[self.field](value) for value in self.values])
        column = _[_COLUMNS[self.field]]
        return column == self.values[0] if len(self.values) == 1 else column.isin(self.values)


def _is_one_of(column: Any, values: Sequence[str | None]) -> Any:
    texts = [value for value in values if value is not None]
    found = column.isin(texts) if texts else ibis.literal(False)
    return found | column.isnull() if None in values else found
