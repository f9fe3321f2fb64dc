"""What a breakdown is asked: a measure, and the property of records that it's broken down by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from interactions.analytics.conditions import CUSTOM, is_key
from interactions.analytics.definitions import BUY
from interactions.contract.schema import TYPES

LISTS: Final = ("product", "category")
"""Properties of which a record can have several values; it counts for each of them."""
PROPERTIES: Final = (
    *("type", "group", "page", *LISTS, "keywords", "referrer", "source", "medium", "campaign", "term", "content"),
    *("region", "locale", "device", "result_type"),
    *("assisted", "origin", "signed_in"),
)
"""The properties besides the keys of custom_context. Those of the last line are yes or no, or import or live."""


class Measure(StrEnum):
    """What is counted for each value."""

    RECORDS = "records"
    PEOPLE = "people"
    SESSIONS = "sessions"
    PRODUCTS = "products"
    REVENUE = "revenue"
    CONVERSION = "conversion"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """``measure`` by a property, one of PROPERTIES, or CUSTOM and a key. The ``goal``, a type, is for CONVERSION only.

    Raises ValueError for an unknown property or goal, and for products by product, of which each has one.
    """

    by: str
    measure: Measure = Measure.RECORDS
    goal: str = BUY

    def __post_init__(self) -> None:
        if self.by not in PROPERTIES and not (self.key and is_key(self.key)):
            raise ValueError(f"Records have no property {self.by!r}.")
        if self.goal not in TYPES:
            raise ValueError(f"There is no type {self.goal!r}.")
        if (self.by, self.measure) == ("product", Measure.PRODUCTS):
            raise ValueError("Products can't be counted by product. Choose another measure.")

    @property
    def key(self) -> str:
        """The key of custom_context; empty for other properties."""
        return self.by.removeprefix(CUSTOM) if self.by.startswith(CUSTOM) else ""

    @property
    def is_list(self) -> bool:
        """Whether a record can have several values."""
        return self.by in LISTS
