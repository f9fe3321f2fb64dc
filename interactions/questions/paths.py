"""The parameters of paths and of funnels with a window, in a query string."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.http import QueryDict

from interactions.analytics.conditions import CUSTOM, is_key
from interactions.analytics.reports.paths import FEWEST_STEPS, MOST_STEPS, USUAL_STEPS, PathsAsked
from interactions.analytics.step_fields import StepField, SteppedField, key_of
from interactions.contract.schema import TYPES
from interactions.questions.parts import CUSTOM_NAME, one_of

PATHS: Final = ("field", "start", "direction", "steps", "within", "count", "repeats")
WINDOW: Final = ("window", "breakdown")
FIELDS: Final = {
    StepField.TYPE: "type",
    StepField.PAGE: "page",
    StepField.PRODUCT: "product",
    StepField.CATEGORY: "category",
    StepField.KEYWORDS: "search words",
    StepField.DEVICE: "device",
    StepField.REGION: "region",
    StepField.LOCALE: "locale",
    StepField.REFERRER: "referrer",
    StepField.SOURCE: "campaign source",
    StepField.MEDIUM: "campaign medium",
    StepField.CAMPAIGN: "campaign name",
    StepField.TERM: "campaign term",
    StepField.CONTENT: "campaign content",
    StepField.RESULT_TYPE: "result type",
}
"""What the fields of steps are called."""
SESSION: Final = "session"
DAYS: Final = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
WINDOWS: Final = {"30min": timedelta(minutes=30), "1h": timedelta(hours=1), **DAYS}
_LONGEST: Final = 2_048


def paths_asked(query: QueryDict, mistakes: list[str]) -> PathsAsked:
    """The paths in a query string. Invalid parameters are ignored; ``mistakes`` gets a sentence about each."""

    def of(name: str, *known: str) -> str:
        return one_of(query, name, list(known), mistakes) or ""

    field = _field(query, "field", mistakes) or StepField.TYPE
    steps = of("steps", *map(str, range(FEWEST_STEPS, MOST_STEPS + 1)))
    return PathsAsked(
        field=field,
        start=_start(query, field, mistakes),
        steps=int(steps) if steps else USUAL_STEPS,
        within=DAYS.get(of("within", SESSION, *DAYS)),
        is_before=of("direction", "after", "before") == "before",
        is_by_session=of("count", "people", "sessions") == "sessions",
        is_folded=of("repeats", "fold", "keep") != "keep",
    )


def window_asked(query: QueryDict, mistakes: list[str]) -> tuple[timedelta | None, SteppedField | None]:
    """A funnel's window and the field it's broken down by; None for neither."""
    window = one_of(query, "window", list(WINDOWS), mistakes)
    return WINDOWS.get(window or ""), _field(query, "breakdown", mistakes)


def key_option(field: SteppedField | None) -> dict[str, str]:
    """A key of custom_context in a list of fields: its ``value`` in the address and its ``words``; empty for others."""
    key = key_of(field)
    return {"value": CUSTOM_NAME + key, "words": key} if key else {}


def words_of_field(field: SteppedField) -> str:
    """What a field is called; a key of custom_context as it's written."""
    return key_of(field) or FIELDS[StepField(field)]


def _field(query: QueryDict, name: str, mistakes: list[str]) -> SteppedField | None:
    given = query.get(name, "")
    if not given.startswith(CUSTOM_NAME):
        field = one_of(query, name, [field.value for field in StepField], mistakes)
        return StepField(field) if field else None
    key = given.removeprefix(CUSTOM_NAME)
    if is_key(key):
        return CUSTOM + key
    mistakes.append(f"The key {key[:40]!r} of custom_context can't be used here.")
    return None


def _start(query: QueryDict, field: SteppedField, mistakes: list[str]) -> str:
    given = query.get("start", "").strip()
    if field == StepField.TYPE and given and given not in TYPES:
        mistakes.append(f"Unknown type: {given[:40]}.")
        return ""
    if len(given) > _LONGEST:
        mistakes.append(f"The start of paths has more than {_LONGEST:,} characters. It was left out.")
        return ""
    return given
