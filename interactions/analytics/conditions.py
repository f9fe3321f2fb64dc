"""A filter's condition on one field of a record: it has, or contains, one of some values, or none of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

import ibis
from ibis import _

from interactions.analytics.custom_keys import CUSTOM as CUSTOM
from interactions.analytics.devices import Device, agents_of

Value = str | bool | int
"""A value to compare with; bool for yes/no fields."""

_COLUMNS: Final = {
    name: name
    for name in (
        *("user_id", "anonymous_id", "user_key", "anonymous_key", "keywords", "campaign_source", "campaign_medium"),
        *("campaign_name", "campaign_term", "campaign_content", "locale", "region", "result_type", "type", "import_id"),
    )
}
"""Fields that are a column of the table."""

_SINGLE: Final[dict[str, Callable[[Any], Any]]] = {
    "product_id": lambda value: _.product_ids.contains(value),
    "category": lambda value: _.category.contains(value),
    "miso_id": lambda value: _.miso_id.lower() == value.lower(),
    "page_url": lambda value: page_of(_.page_url) == page_in(value),
    "page_contains": lambda value: _.page_url.lower().contains(ibis.literal(value).lower()),
    "referrer": lambda value: host_of(_.page_referrer) == value.lower(),
    "is_assisted": lambda value: _.miso_id.notnull() if value else _.miso_id.isnull(),
    "is_live": lambda value: _.import_id == 0 if value else _.import_id != 0,
}
"""Fields with a condition of their own for each value."""

FIELDS: Final = (*_COLUMNS, *_SINGLE, "device")
_LISTS: Final = {"product_id": "product_ids", "category": "category"}
SEARCHED: Final = (
    *_LISTS,
    *("keywords", "campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content"),
    *("referrer", "locale", "region", "result_type"),
)
"""Fields of which a part can be asked for, as of any key of custom_context. ``page_contains`` is a field of its own."""
_IN_ANY_CASE: Final = ("miso_id", "referrer")
HOST: Final = r"^[^:/?#]+://(?:[^/?#@]*@)?([^/?#:@]+)"
"""A URL with a host, which is the first group."""
_KEY: Final = re.compile(r"[^\x00-\x1f]{0,99}[^\x00-\x1f!~]")
_NO_TEXT: Final = re.compile(r"true|false|-?\d.*")  # how a scalar that isn't a string can begin


@dataclass(frozen=True, slots=True)
class Condition:
    """``field``, one of FIELDS or CUSTOM and a key, has one of the ``values``; with ``is_not``, it has none of them.

    With ``contains``, the values are parts of what the field has, and case doesn't matter. A record without a value
    passes ``is_not``. Raises ValueError for an unknown field, for ``contains`` with a field that isn't in SEARCHED, or
    without values.
    """

    field: str
    values: tuple[Value, ...]
    is_not: bool = False
    contains: bool = False

    def __post_init__(self) -> None:
        if self.field not in FIELDS and not (self.key_of_context and is_key(self.key_of_context)):
            raise ValueError(f"Records have no field {self.field!r} to filter by.")
        if not self.values:
            raise ValueError(f"A condition on {self.field} needs a value.")
        if self.contains and not can_contain(self.field):
            raise ValueError(f"{self.field!r} can't be searched for a part of it.")

    @property
    def key_of_context(self) -> str:
        """The key of custom_context; empty for other fields."""
        return self.field.removeprefix(CUSTOM) if self.field.startswith(CUSTOM) else ""

    @property
    def order(self) -> tuple[int, str, bool, bool]:
        """The sort key among the conditions of a filter."""
        place = FIELDS.index(self.field) if self.field in FIELDS else len(FIELDS)
        return place, self.field, self.is_not, self.contains

    @property
    def key(self) -> tuple[str, bool, bool, list[Value]]:
        """Equal for conditions that mean the same."""
        values = [str(value).lower() for value in self.values] if self.field in _IN_ANY_CASE else self.values
        return self.field, self.is_not, self.contains, sorted(set(values), key=repr)

    def met(self, agents: Callable[[], Sequence[str | None]]) -> Any:
        """The condition as an Ibis expression over the table; ``agents`` returns the user agents that occur in it."""
        found = self._found(agents)
        return ~found.fill_null(False) if self.is_not else found

    def _found(self, agents: Callable[[], Sequence[str | None]]) -> Any:
        if self.contains:
            return reduce(or_, [self._has_part(ibis.literal(value).lower()) for value in self.values])
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

    def _has_part(self, part: Any) -> Any:
        if self.field in _LISTS:
            return joined(_[_LISTS[self.field]]).lower().contains(part)
        return self._text().lower().contains(part)

    def _text(self) -> Any:
        if self.field == "referrer":
            return host_of(_.page_referrer)
        return text_in_context(_.extra, self.key_of_context) if self.key_of_context else _[_COLUMNS[self.field]]


def is_key(key: str) -> bool:
    """Whether a key of custom_context can be filtered by: 1 to 100 characters without control characters, and the last
    one isn't ! or ~, which have a meaning in addresses."""
    return _KEY.fullmatch(key) is not None


def can_contain(field: str) -> bool:
    """Whether a part of what a field has can be asked for."""
    return field in SEARCHED or field.startswith(CUSTOM)


def page_of(url: ibis.Value) -> ibis.Value:
    """A URL without query and fragment."""
    return url.re_extract(r"^[^?#]*", 0)


def page_in(url: Value) -> str:
    """:func:`page_of` of a text."""
    return re.split(r"[?#]", str(url), maxsplit=1)[0]


def host_of(url: Any) -> Any:
    """The host of a URL in lower case, null without one."""
    return url.re_extract(HOST, 1).lower().nullif("")


def joined(texts: Any) -> Any:
    """A list of texts as one text, with a character between them that nobody looks for: some engines have no functions
    to pass to a function for lists."""
    return texts.join("\x1f")


def pointer(key: str) -> str:
    """A key as a JSON pointer. In a path, engines would take a dot or a bracket in a key for a step."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def text_in_context(extra: Any, key: str) -> Any:
    """The scalar that custom_context has for a key as text, null without one; ``extra`` is the column."""
    found = _in_context(extra, key)
    written = found.cast("string")
    is_scalar = ~written.re_search(r"^(\{|\[|null$)")
    return ibis.ifelse(is_scalar, ibis.coalesce(found.str, written), ibis.null("string"))


def _in_context(extra: Any, key: str) -> Any:
    return extra.cast("json")["context"]["custom_context"][pointer(key)]


def _has_in_context(key: str, value: str) -> Any:
    found = _in_context(_.extra, key)
    is_text = found.str == value
    return is_text | (found.cast("string") == value) if _NO_TEXT.fullmatch(value) else is_text


def _is_one_of(column: Any, values: Sequence[str | None]) -> Any:
    texts = [value for value in values if value is not None]
    found = column.isin(texts) if texts else ibis.literal(False)
    return found | column.isnull() if None in values else found
