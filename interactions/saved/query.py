"""The query strings that saved views and share links keep."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict

from interactions.cohorts.stored import KnownCohorts
from interactions.contract.tombstones import Person
from interactions.errors import DojoError
from interactions.models import Environment
from interactions.questions.choice import TIMES, FilterQuery
from interactions.questions.parts import DENIED, PEOPLE
from interactions.questions.periods import address_of

_LONGEST: Final = 8_000  # characters
_MOST_FIELDS: Final = 500
_PASSING: Final = frozenset({"after", "before", "csrfmiddlewaretoken", "end", "figures", "format", "panel"})
"""Parameters about a place in a list or about the form of a response."""


class QueryTooLong(DojoError):
    """A filter has too many values to be kept."""


def lasting(text: str) -> str:
    """The parameters of a query string that are worth keeping, as a query string without a question mark.

    A condition about a person stays only as a keyed hash, never as an id. Raises QueryTooLong.
    """
    text = text.removeprefix("?")
    try:
        pairs = parse_qsl(text, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise QueryTooLong("This filter has too many values to be saved. Use fewer.") from error
    if len(text) > _LONGEST:
        raise QueryTooLong("This filter is too long to be saved. Use fewer values.")
    return _written([pair for pair in pairs if pair[0] not in _PASSING and not _is_id(*pair)])


def filter_of(text: str, here: Environment) -> FilterQuery:
    """The filter in a query string."""
    return FilterQuery.of(QueryDict(text.removeprefix("?")), here.zone, cohorts=KnownCohorts(here))


def names_people(text: str, here: Environment) -> bool:
    """Whether a query string has a condition about a person."""
    return bool(filter_of(text, here).people) or any(Person.at(value) for _, value in parse_qsl(text))


def during(text: str, start: datetime | None, end: datetime | None, zone: tzinfo) -> str:
    """The query string with this period in place of its own."""
    pairs = [pair for pair in parse_qsl(text) if pair[0] not in TIMES]
    pairs += [("from", address_of(start, zone))] if start else []
    pairs += [("to", address_of(end, zone, ends=True))] if end else []
    return _written(pairs)


def _written(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, safe=DENIED)


def _is_id(name: str, value: str) -> bool:
    return name in PEOPLE and Person.at(value) is None
