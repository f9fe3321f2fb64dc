"""Which interactions a page is about: one filter for all pages and exports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from interactions.queries.period import ALL, Period
from interactions.schema import TYPES, TYPES_BY_GROUP, Group


class Device(StrEnum):
    """What a user agent runs on."""

    DESKTOP = "desktop"
    PHONE = "phone"
    TABLET = "tablet"
    BOT = "bot"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Filter:
    """What every interaction shown has to be: all that is given, of lists one of them.

    ``page_contains`` is looked for in the page's URL without regard to case; all other texts have to be equal.
    ``groups`` and ``types`` together mean any of either. ``is_live`` False: from an import.
    """

    period: Period = ALL
    groups: tuple[Group, ...] = ()
    types: tuple[str, ...] = ()
    user_id: str | None = None
    anonymous_id: str | None = None
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

    @property
    def all_types(self) -> tuple[str, ...]:
        """The types meant, in the schema's order; all of them where none is chosen."""
        chosen = set(self.types).union(*(TYPES_BY_GROUP[group] for group in self.groups))
        return tuple(name for name in TYPES if name in chosen) if chosen else TYPES

    def during(self, period: Period) -> Filter:
        """The same filter for another period."""
        return replace(self, period=period)
