"""Filtering pages by person: permission, the entry in the activity log, and the form that looks up an id.

URLs hold keyed hashes, never ids: the form posts an id, and the response redirects to a URL with its hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from interactions import identity
from interactions.access.roles import Right
from interactions.cohorts.stored import KnownCohorts
from interactions.console.filter.choice import FilterChoice
from interactions.console.gate import demand
from interactions.console.gate import person as viewer
from interactions.console.live.filter import LiveFilter as LiveFilter
from interactions.contract.tombstones import Person
from interactions.models import Environment
from interactions.privacy import people as looking
from interactions.questions.paths import PATHS, WINDOW

_PAGES: Final = ("dashboard", "records", "breakdown", "retention", "paths", "funnel", "live")
_KEPT: Final = (
    *("unit", "split", "compare", "columns", "first", "returning", "step", "measure", "by", "goal"),
    *(*PATHS, *WINDOW),
)


def admit(request: HttpRequest, here: Environment, people: Iterable[Person], page: str) -> None:
    """Log that these people's records are viewed on ``page``. Raises PermissionDenied without the right."""
    for each in people:
        demand(request, Right.PEOPLE, here.slug)
        looking.note_viewed(here, each, viewer(request), page=page)


@require_POST
@never_cache
def people_filter(request: HttpRequest, environment: str) -> HttpResponse:
    """Redirect from a posted id to the page ``to``, filtered by its hash; the rest of the filter is kept.

    ``without`` excludes the person's records instead.
    """
    here = get_object_or_404(Environment, slug=environment)
    page = request.POST.get("to", "")
    page = page if page in _PAGES else "records"
    person = person_of(request.POST.get("id", ""), is_anonymous=request.POST.get("kind") == "anonymous")
    if person is None:
        messages.error(request, "Enter an id, exactly as it was sent.")
    if page == "live":
        query = LiveFilter.of(request.POST).query(**({"person": person.address} if person else {}))
    else:
        choice = FilterChoice.of(request.POST, here.zone, keep=_KEPT, cohorts=KnownCohorts(here))
        if person:
            choice = choice.without_person(person) if "without" in request.POST else choice.of_person(person)
        query = choice.query()
    return redirect(reverse(page, args=[here.slug]) + query)


def person_of(identifier: str, *, is_anonymous: bool) -> Person | None:
    """The person with exactly this id; None if no record can have it."""
    try:
        key = identity.keyring().key(identifier) if identifier else None
    except UnicodeEncodeError:  # a lone surrogate
        return None
    if key is None:
        return None
    return Person(anonymous_key=key) if is_anonymous else Person(user_key=key)
