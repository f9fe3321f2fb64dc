"""The schema of an interaction as data: types, groups, fields and limits of the public interactions API.

Everything that validates, stores, documents or draws interactions uses these.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final


class Group(StrEnum):
    """The groups of types in charts and filters."""

    CORE = "Core click-streams"
    CONVERSION = "Conversion"
    CONSUMPTION = "Consumption"
    FEEDBACK = "Feedback signals"
    ADDITIONAL = "Additional click-streams"
    PERFORMANCE = "Performance"
    CUSTOM = "Custom"


TYPES_BY_GROUP: Final[dict[Group, tuple[str, ...]]] = {
    Group.CORE: ("product_detail_page_view", "category_page_view", "search", "impression"),
    Group.CONVERSION: (
        "add_to_cart",
        "remove_from_cart",
        "subscribe",
        "unsubscribe",
        "checkout",
        "refund",
    ),
    Group.CONSUMPTION: (
        "read",
        "watch",
        "listen",
        "complete",
        "add_to_collection",
        "remove_from_collection",
    ),
    Group.FEEDBACK: ("like", "dislike", "share", "rate", "bookmark", "feedback", "submit"),
    Group.ADDITIONAL: ("home_page_view", "promo_page_view", "product_image_view"),
    Group.PERFORMANCE: ("viewable_impression", "click"),
    Group.CUSTOM: ("custom",),
}

TYPES: Final[tuple[str, ...]] = tuple(t for types in TYPES_BY_GROUP.values() for t in types)
GROUP_OF: Final[dict[str, Group]] = {t: group for group, types in TYPES_BY_GROUP.items() for t in types}


class Form(StrEnum):
    """The form of a field's value; the text describes it in messages."""

    STRING = "a string"
    STRINGS = "a list of strings"
    NUMBER = "a number"
    NUMBER_OR_NUMBERS = "a number or a list of numbers"
    TIMESTAMP = "an RFC 3339 date-time with an offset"
    UUID = "a UUID"
    OBJECT = "an object"
    FILTERS = "an object of lists of strings"
    CUSTOM = "an object of booleans, numbers, strings, or lists of numbers, strings or objects"
    IPV4 = "an IPv4 address"


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its form, the types that may have it, and the length limit of its strings in characters."""

    form: Form
    types: frozenset[str] = frozenset(TYPES)
    longest: int | None = None


def _all_but(*types: str) -> frozenset[str]:
    return frozenset(TYPES) - frozenset(types)


_WITH_PRODUCTS: Final = _all_but("search", "home_page_view", "category_page_view", "feedback")
_WITH_DURATION: Final = frozenset(
    {
        "product_detail_page_view",
        "category_page_view",
        "home_page_view",
        "promo_page_view",
        "read",
        "watch",
        "listen",
    }
)

FIELDS: Final[dict[str, Field]] = {
    "type": Field(Form.STRING),
    "timestamp": Field(Form.TIMESTAMP),
    "user_id": Field(Form.STRING, longest=512),
    "anonymous_id": Field(Form.STRING, longest=1024),
    "product_ids": Field(Form.STRINGS, _WITH_PRODUCTS, longest=512),
    "product_group_ids": Field(Form.STRINGS, _WITH_PRODUCTS, longest=512),
    "miso_id": Field(Form.UUID),
    "duration": Field(Form.NUMBER, _WITH_DURATION),
    "revenue": Field(Form.NUMBER, frozenset({"checkout"})),
    "rating": Field(Form.NUMBER, frozenset({"rate"})),
    "quantities": Field(Form.NUMBER_OR_NUMBERS, frozenset({"add_to_cart", "checkout"})),
    "category": Field(Form.STRINGS, frozenset({"category_page_view"})),
    "custom_action_name": Field(Form.STRING, frozenset({"custom"})),
    "search": Field(Form.OBJECT, frozenset({"search"})),
    "question_id": Field(Form.STRING, frozenset({"feedback"}), longest=512),
    "result_type": Field(Form.STRING, frozenset({"feedback"})),
    "value": Field(Form.STRING, frozenset({"feedback"})),
    "context": Field(Form.OBJECT),
}

SEARCH_FIELDS: Final[dict[str, Field]] = {
    "keywords": Field(Form.STRING),
    "filters": Field(Form.FILTERS),
}

# Other keys of the context are kept as they are.
CONTEXT_FIELDS: Final[dict[str, Field]] = {
    "campaign": Field(Form.OBJECT),
    "truncated_ip": Field(Form.IPV4),
    "locale": Field(Form.STRING),
    "region": Field(Form.STRING),
    "page": Field(Form.OBJECT),
    "user_agent": Field(Form.STRING),
    "custom_context": Field(Form.CUSTOM),
}
CAMPAIGN_FIELDS: Final = ("name", "source", "medium", "term", "content")
PAGE_FIELDS: Final = ("url", "referrer", "title")  # a page requires a url

# The limit for the absolute value of duration, revenue, rating and quantities, so that sums stay finite.
LARGEST_AMOUNT: Final = 1e15

# The limit for nested objects and lists, including the record itself.
DEEPEST: Final = 100

# A record with this key in custom_context is identified by it instead of by its content.
RECORD_UUID: Final = "uuid"

# Dojo's note on a rejected record. It's dropped when read, so that a file of rejected records can be corrected and
# imported again.
NOTE: Final = "_dojo"

FOR_GOOD: Final = datetime(9999, 12, 31, tzinfo=UTC)  # for tombstones: covers all records
