"""A filter's condition on one field of a record: it has one of some values, or none of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

import ibis
from ibis import _

from interactions.analytics.devices import Device, agents_of

Value = str | bool | int
"""A value to compare with; bool for yes/no fields."""

_COLUMNS: Final = {
    name: name
    for name in (
        *("user_id", "anonymous_id", "user_key", "anonymous_key", "keywords", "campaign_source", "campaign_medium"),
        *("campaign_name", "locale", "region", "import_id"),
    )
}
"""Fields that are a column of the table."""

_SINGLE: Final[dict[str, Callable[[Any], Any]]] = {
    "product_id": lambda value: _.product_ids.contains(value),
    "category": lambda value: _.category.contains(value),
    "miso_id": lambda value: _.miso_id.lower() == value.lower(),
    "page_contains": lambda value: _.page_url.lower().contains(ibis.literal(value).lower()),
    "is_assisted": lambda value: _.miso_id.notnull() if value else _.miso_id.isnull(),
    "is_live": lambda value: _.import_id == 0 if value else _.import_id != 0,
}
"""Fields with a condition of their own for each value."""

FIELDS: Final = (*_COLUMNS, *_SINGLE, "device")
CUSTOM: Final = "custom_context."
"""The prefix of fields that are keys of custom_context. Their scalars are compared as text."""
_KEY: Final = re.compile(r"""[^$/"\\\x00-\x1f][^"\\\x00-\x1f]{0,99}""")
_NO_TEXT: Final = re.compile(r"true|false|-?\d.*")  # how a scalar that isn't a string can begin


@dataclass(frozen=True, slots=True)
class Condition:
    """``field``, one of FIELDS or CUSTOM and a key, has one of the ``values``; with ``is_not``, it has none of them.

    A record without a value passes ``is_not``. Raises ValueError for an unknown field, or without values.
    """

    field: str
    values: tuple[Value, ...]
    is_not: bool = False

    def __post_init__(self) -> None:
        if self.field not in FIELDS and not (self.key_of_context and is_key(self.key_of_context)):
            raise ValueError(f"Records have no field {self.field!r} to filter by.")
        if not self.values:
            raise ValueError(f"A condition on {self.field} needs a value.")

    @property
    def key_of_context(self) -> str:
        """The key of custom_context; empty for other fields."""
        return self.field.removeprefix(CUSTOM) if self.field.startswith(CUSTOM) else ""

    @property
    def order(self) -> tuple[int, str, bool]:
        """The sort key among the conditions of a filter."""
        place = FIELDS.index(self.field) if self.field in FIELDS else len(FIELDS)
        return place, self.field, self.is_not

    @property
    def key(self) -> tuple[str, bool, list[Value]]:
        """Equal for conditions that mean the same."""
        values = [str(value).lower() for value in self.values] if self.field == "miso_id" else self.values
        return self.field, self.is_not, sorted(set(values), key=repr)

    def met(self, agents: Callable[[], Sequence[str | None]]) -> Any:
        """The condition as an Ibis expression over the table; ``agents`` returns the user agents that occur in it."""
        found = self._found(agents)
        return ~found.fill_null(False) if self.is_not else found

    def _found(self, agents: Callable[[], Sequence[str | None]]) -> Any:
        if self.field == "device":
            seen = agents()
            return _is_one_of(
                _.user_agent, [agent for value in self.values for agent in agents_of(Device(str(value)), seen)]
            )
        if self.key_of_context:
            return reduce(or_, [_has_in_context(self.key_of_context, str(value)) for value in self.values])
        if self.field in _SINGLE:
            return reduce(or_, [_SINGLE[self.field](value) for value in self.values])
        column = _[_COLUMNS[self.field]]
        return column == self.values[0] if len(self.values) == 1 else column.isin(self.values)


def is_key(key: str) -> bool:
    """Whether a key of custom_context can be filtered by: 1 to 100 characters, none of which JSON escapes, and the
    first isn't $ or /, which begin a path."""
    return _KEY.fullmatch(key) is not None


def _has_in_context(key: str, value: str) -> Any:
    found = _.extra.cast("json")["context"]["custom_context"][key]
    is_text = found.str == value
    return is_text | (found.cast("string") == value) if _NO_TEXT.fullmatch(value) else is_text


def _is_one_of(column: Any, values: Sequence[str | None]) -> Any:
    texts = [value for value in values if value is not None]
    found = column.isin(texts) if texts else ibis.literal(False)
    return found | column.isnull() if None in values else found
