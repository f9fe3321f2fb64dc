"""The fields of a record that can be a step of a path, or that a funnel can be broken down by."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeAlias

from interactions.analytics.custom_keys import CUSTOM


class StepField(StrEnum):
    """A field. A page is its URL without query and fragment, a referrer the host alone."""

    TYPE = "type"
    PAGE = "page"
    PRODUCT = "product"
    CATEGORY = "category"
    KEYWORDS = "keywords"
    DEVICE = "device"
    REGION = "region"
    LOCALE = "locale"
    REFERRER = "referrer"
    SOURCE = "source"
    MEDIUM = "medium"
    CAMPAIGN = "campaign"
    TERM = "term"
    CONTENT = "content"
    RESULT_TYPE = "result_type"


SteppedField: TypeAlias = StepField | str
"""A StepField, or CUSTOM and a key of custom_context."""
LISTS: Final = (StepField.PRODUCT, StepField.CATEGORY)
"""Fields of which a record can have several values."""
PARTS_OF_CAMPAIGN: Final = {
    StepField.SOURCE: "source",
    StepField.MEDIUM: "medium",
    StepField.CAMPAIGN: "name",
    StepField.TERM: "term",
    StepField.CONTENT: "content",
}


def key_of(field: SteppedField | None) -> str:
    """The key of custom_context; empty for other fields."""
    return field.removeprefix(CUSTOM) if field and field.startswith(CUSTOM) else ""
