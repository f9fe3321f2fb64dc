"""The labels of measures, properties and values on the Breakdown page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from interactions.analytics.properties import Breakdown, Measure
from interactions.questions.breakdown import KEY

MEASURES: Final = {
    Measure.RECORDS: "Interactions",
    Measure.PEOPLE: "People",
    Measure.SESSIONS: "Sessions",
    Measure.PRODUCTS: "Products",
    Measure.REVENUE: "Gross revenue",
    Measure.CONVERSION: "Conversion rate",
}
WORDS: Final = {
    "type": "Type",
    "group": "Group",
    "page": "Page",
    "product": "Product",
    "category": "Category",
    "keywords": "Search words",
    "referrer": "Referrer",
    "source": "Campaign source",
    "medium": "Campaign medium",
    "campaign": "Campaign name",
    "term": "Campaign term",
    "content": "Campaign content",
    "region": "Region",
    "locale": "Locale",
    "device": "Device",
    "result_type": "Result type",
    "assisted": "Miso-assisted",
    "origin": "Came by",
    "signed_in": "User id",
}
_VALUES: Final = {
    "assisted": {"yes": "Miso-assisted", "no": "Not Miso-assisted"},
    "origin": {"import": "Import", "live": "Live call"},
    "signed_in": {"yes": "With a user id", "no": "Without a user id"},
}
_NONE: Final = {
    "page": "No page",
    "product": "No product",
    "category": "No category",
    "keywords": "No search words",
    "referrer": "No referrer",
}
_PLURALS: Final = {"product": "products", "category": "categories"}
_OF_RECORDS: Final = {Measure.RECORDS: "An interaction", Measure.REVENUE: "The revenue of a check-out"}
_COUNTED: Final = {
    Measure.RECORDS: "The interactions with each value.",
    Measure.PEOPLE: "A person counts once for each value, so the rows can add up to more than all people.",
    Measure.SESSIONS: (
        "A session counts for each value that occurs in it, so the rows can add up to more than all sessions."
    ),
    Measure.PRODUCTS: (
        "The distinct products of the interactions with each value. The rows can add up to more than all products."
    ),
    Measure.REVENUE: "The revenue of the check-outs with each value.",
}


def titled(measure: Measure, by: str) -> str:
    """``People by region``; a key of custom_context as it's written."""
    words = by.removeprefix(KEY) if by.startswith(KEY) else WORDS[by].lower().replace("miso", "Miso")
    return f"{MEASURES[measure]} by {words}"


def heading(by: str) -> str:
    """The heading of the column of values."""
    return by.removeprefix(KEY) if by.startswith(KEY) else WORDS[by]


def worded(by: str, value: str) -> str:
    """A value for display."""
    if by == "device":
        return value.capitalize()
    if by == "page":
        return unquote(value.partition("://")[2] or value) or '""'
    return _VALUES.get(by, {}).get(value, value) or '""'


def worded_all(by: str, values: Sequence[str]) -> list[str]:
    """Values for display; pages without the part that all of them share."""
    names = [worded(by, value) for value in values]
    is_one_site = by == "page" and len({name.partition("/")[0] for name in names}) == 1
    if is_one_site and all("://" in value for value in values):
        return ["/" + name.partition("/")[2] for name in names]
    return names


def none_of(by: str) -> str:
    """The name of the row for records without a value."""
    return _NONE.get(by, "No value")


def explained(asked: Breakdown) -> str:
    """What the numbers mean, in a sentence or two."""
    if asked.measure is Measure.CONVERSION:
        return (
            f"The share of the people with each value who also did {asked.goal} in the period. "
            "The filter's types and groups don't count."
        )
    if asked.by == "product" and asked.measure is Measure.REVENUE:
        return "The revenue of a check-out is divided among its products, by quantity."
    if asked.is_list and asked.measure in _OF_RECORDS:
        return f"{_OF_RECORDS[asked.measure]} with several {_PLURALS[asked.by]} counts for each of them."
    return _COUNTED[asked.measure]
