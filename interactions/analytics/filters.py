"""Which interactions a page is about: one filter for all pages and exports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

import ibis
from ibis import _

from interactions.analytics.devices import Device as Device
from interactions.analytics.devices import agents_in, agents_of
from interactions.analytics.engine import MOMENT
from interactions.analytics.periods import ALL, Period
from interactions.contract.keyring import Keyring
from interactions.contract.schema import TYPES, TYPES_BY_GROUP, Group

_LATEST: Final = datetime.max.replace(tzinfo=UTC)

# Fields that a column of the same name has to equal.
_EQUAL: Final = (
    "keywords",
    "campaign_source",
    "campaign_medium",
    "campaign_name",
    "locale",
    "region",
    "import_id",
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What every interaction shown has to be: all that is given, of lists one of them.

    ``user_key`` and ``anonymous_key`` are keyed hashes of ids: what addresses hold in their place.
    ``page_contains`` is looked for in the page's URL without regard to case, and a ``miso_id`` may be spelled in either
    case; all other texts have to be equal.
    ``groups`` and ``types`` together mean any of either. ``is_live`` False: from an import. ``without_import`` leaves
    the records of one import out.
    """

    period: Period = ALL
    groups: tuple[Group, ...] = ()
    types: tuple[str, ...] = ()
    user_id: str | None = None
    anonymous_id: str | None = None
    user_key: int | None = None
    anonymous_key: int | None = None
    product_id: str | None = None
    miso_id: str | None = None
    keywords: str | None = None
    category: str | None = None
    campaign_source: str | None = None
    campaign_medium: str | None = None
    campaign_name: str | None = None
    page_contains: str | None = None
    locale: str | None = None
    region: str | None = None
    device: Device | None = None
    is_assisted: bool | None = None
    is_live: bool | None = None
    import_id: int | None = None
    without_import: int | None = None

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
    def key(self) -> str:
        """Equal for filters that mean the same, and for no others: what answers are remembered by."""
        given = {name: _plain(getattr(self, name)) for name in _NAMES if getattr(self, name) is not None}
        if self.has_types:
            given["types"] = self.all_types
        if self.miso_id is not None:
            given["miso_id"] = self.miso_id.lower()
        if self.period != ALL:
            given["period"] = (_plain(self.period.start), _plain(self.period.end))
        return json.dumps(given, sort_keys=True)

    @property
    def given(self) -> frozenset[str]:
        """The names of the fields that something is asked of; groups are types."""
        fields = [name for name in _NAMES if getattr(self, name) is not None]
        more = {"types": self.has_types, "period": self.period != ALL}
        return frozenset([*fields, *(name for name, is_given in more.items() if is_given)])

    def during(self, period: Period) -> Filter:
        """The same filter for another period."""
        return replace(self, period=period)

    def of_all_types(self) -> Filter:
        """The same filter without groups and types, for questions about several types."""
        return replace(self, groups=(), types=())

    def within(
        self, table: ibis.Table, *, keyring: Keyring | None = None, agents: Sequence[str | None] | None = None
    ) -> ibis.Table:
        """The interactions of ``table`` that are meant; all of it, as it is, where nothing is given.

        With a ``keyring``, people are looked for by their key first, a number, and only then by their id. ``agents``
        are the user agents that occur; where a device is given and they are not, the table is asked for them.
        """
        conditions = [*self._by_time(), *self._by_person(keyring), *self._by_value()]
        if self.device is not None:
            seen = agents_in(table) if agents is None else agents
            conditions.append(_is_one_of(_.user_agent, agents_of(self.device, seen)))
        return table.filter(conditions) if conditions else table

    def period_of(self, table: ibis.Table, *, longer: timedelta = timedelta(0)) -> ibis.Table:
        """The interactions of ``table`` of the filter's period alone, which may end so much later."""
        conditions = self._by_time(longer)
        return table.filter(conditions) if conditions else table

    def _by_time(self, longer: timedelta = timedelta(0)) -> list[Any]:
        start, end = self.period.start, self.period.end
        if end is not None and longer:
            end = end + longer if end <= _LATEST - longer else None
        return [
            *([_.timestamp >= ibis.literal(start, type=MOMENT)] if start is not None else []),
            *([_.timestamp < ibis.literal(end, type=MOMENT)] if end is not None else []),
        ]

    def _by_person(self, keyring: Keyring | None) -> list[Any]:
        found: list[Any] = []
        for name in ("user", "anonymous"):
            identifier = getattr(self, f"{name}_id")
            if identifier is not None:
                if keyring is not None:
                    found.append(_[f"{name}_key"] == keyring.key(identifier))
                found.append(_[f"{name}_id"] == identifier)
            key = getattr(self, f"{name}_key")
            if key is not None:
                found.append(_[f"{name}_key"] == key)
        return found

    def _by_value(self) -> list[Any]:
        found: list[Any] = [_[name] == getattr(self, name) for name in _EQUAL if getattr(self, name) is not None]
        if self.has_types:
            found.append(_.type.isin(self.all_types))
        if self.miso_id is not None:
            found.append(_.miso_id.lower() == self.miso_id.lower())
        if self.product_id is not None:
            found.append(_.product_ids.contains(self.product_id))
        if self.category is not None:
            found.append(_.category.contains(self.category))
        if self.page_contains is not None:
            found.append(_.page_url.lower().contains(ibis.literal(self.page_contains).lower()))
        if self.is_assisted is not None:
            found.append(_.miso_id.notnull() if self.is_assisted else _.miso_id.isnull())
        if self.is_live is not None:
            found.append(_.import_id == 0 if self.is_live else _.import_id != 0)
        if self.without_import is not None:
            found.append(_.import_id != self.without_import)
        return found


_NAMES: Final = tuple(field.name for field in fields(Filter) if field.name not in ("period", "groups", "types"))


def _is_one_of(column: Any, values: Sequence[str | None]) -> Any:
    texts = [value for value in values if value is not None]
    found = column.isin(texts) if texts else ibis.literal(False)
    return found | column.isnull() if None in values else found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.value if isinstance(value, Enum) else value
