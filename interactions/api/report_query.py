"""Parse the query of a call that reads: the filter of the pages, but invalid parameters are refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, QueryDict

from interactions.access import audit
from interactions.access.keys import Caller
from interactions.analytics.data_sets import opened
from interactions.analytics.reports.context_keys import occurring
from interactions.api import access
from interactions.api.errors import CallRefused
from interactions.contract.schema import TYPES
from interactions.models import ApiKey, Environment
from interactions.privacy import people as looking
from interactions.questions.choice import TIMES, FilterQuery
from interactions.questions.parts import PLAIN_NAMES, names_in
from interactions.questions.steps import ANY, FUNNELS, MOST_STEPS, STEP, is_of_step

ALWAYS = ("api_key", "format", "zone")
_FILTER = (*PLAIN_NAMES, "custom.<key>", "any1.<one of these>")  # most of them also with !, ~ or !~ at their end
_MOST_NAMED = 20  # keys of custom_context
_OF_STEPS = ("step1.<one of these>",)  # the conditions of the first step of a funnel
_LISTS = ("step",)  # parameters that can be repeated, like those of the filter


def check_names(query: QueryDict, known: Iterable[str], *, is_filtered: bool) -> None:
    """Raises CallRefused (400) for a parameter that isn't known, or is given twice and can't be."""
    plain = [*ALWAYS, *known, *(TIMES if is_filtered else ())]
    of_filter = set(names_in(query)) if is_filtered else set()
    has_steps = STEP in plain
    for name in query:
        if name not in of_filter and name not in plain and not (has_steps and is_of_step(name)):
            words = [*plain, *(_FILTER if is_filtered else ()), *(_OF_STEPS if has_steps else ())]
            raise CallRefused(400, f"There is no parameter {name[:40]!r} here. There are: {', '.join(words)}.")
        if name in plain and name not in _LISTS and len(query.getlist(name)) > 1:
            raise CallRefused(400, f"The parameter {name} is given more than once.")


def zone_of(query: QueryDict, environment: Environment) -> ZoneInfo:
    """The time zone asked for, or else the environment's. Raises CallRefused (400)."""
    name = query.get("zone")
    if not name:
        return environment.zone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        text = f"{name[:40]!r} isn't a time zone. Use a name such as Europe/Berlin, or UTC."
        raise CallRefused(400, text) from error


def check_filter(request: HttpRequest, caller: Caller, environment: Environment, choice: FilterQuery) -> None:
    """Raises CallRefused: 400 for an invalid filter, 403 for a filter by person with a key that may not see people.

    Filters by person are recorded in the activity log.
    """
    refuse_mistakes(choice.mistakes)
    if not choice.people:
        return
    access.permit(request, caller, scope=ApiKey.Scope.PEOPLE)
    for person in choice.people:
        with audit.visiting(audit.client_address(request)):
            looking.note_viewed(environment, person, caller, page="API")


def check_keys(environment: Environment, choice: FilterQuery) -> None:
    """Raises CallRefused (400) for a report filtered by a key of custom_context that no record has.

    The index is rebuilt for keys that weren't filtered by before, so programs can't use arbitrary ones. Raises
    DataNotReady.
    """
    _check_keys(environment, choice.keys)


def check_key(environment: Environment, key: str) -> None:
    """The same for a key that a report is broken down by; an empty one is no key."""
    _check_keys(environment, {key} if key else set())


def _check_keys(environment: Environment, asked: set[str]) -> None:
    unknown = asked.difference(opened(environment.slug).custom_keys) if asked else set()
    if not unknown:
        return
    there = occurring(environment.slug)
    for key in sorted(unknown.difference(there)):
        known = f"They have: {', '.join(there[:_MOST_NAMED])}." if there else "They have none."
        raise CallRefused(400, f"None of the newest records has the key {key[:40]!r} in custom_context. {known}")


def check_steps(query: QueryDict) -> None:
    """Raises CallRefused (400) unless all steps of the funnel are valid."""
    steps = [word for word in ",".join(query.getlist("step")).split(",") if word]
    if not steps or (len(steps) == 1 and steps[0] in FUNNELS):
        return
    if any(step not in TYPES and step != ANY for step in steps) or not 1 < len(steps) <= MOST_STEPS:
        names = " or ".join(FUNNELS)
        raise CallRefused(400, f"step can be {names}, or 2 to {MOST_STEPS} types with commas between them, or {ANY}.")


def refuse_mistakes(mistakes: Sequence[str]) -> None:
    """Raises CallRefused (400) with all of these sentences."""
    if mistakes:
        raise CallRefused(400, " ".join(mistakes))


def whole_number(query: QueryDict, name: str, default: int, most: int) -> int:
    """The parameter of this name, from 1 to ``most``. Raises CallRefused (400)."""
    text = query.get(name)
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 0 < int(text) <= most:
        return int(text)
    raise CallRefused(400, f"{name} must be a whole number from 1 to {most:,}.")
