"""People in the data set: find a person, view one, and list devices shared by several users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.analytics.data_sets import settled
from interactions.analytics.reports.audience import audience
from interactions.analytics.reports.links import ambiguous, with_ids
from interactions.analytics.reports.person import Profile
from interactions.analytics.reports.timeline import Place, SessionPage
from interactions.console.charts import colour_of_type
from interactions.console.gate import person as viewer
from interactions.contract.tombstones import Person
from interactions.errors import DojoError
from interactions.models import Environment
from interactions.privacy import people as looking
from interactions.product_names import names_of

SHARED_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Shared:
    """A row of the list of shared devices."""

    id: str
    address: str
    users: int
    records: int
    first_at: Any
    last_at: Any


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def people(request: HttpRequest, environment: str) -> HttpResponse:
    """The form that finds a person by id. POST redirects to the person; the page loads its figures separately.

    The id is posted, so that it's in no URL, history or log.
    """
    here = get_object_or_404(Environment, slug=environment)
    asked = request.POST.get("id", "")
    asked = asked if asked.strip() else ""
    context: dict[str, Any] = {"environment": here, "asked": asked, "was_asked": request.method == "POST"}
    if asked:
        try:
            # Ids are stored as sent, but a copied id may come with spaces around it.
            found = looking.find(here, asked) or looking.find(here, asked.strip())
        except DojoError as error:
            return render(request, "people/page.html", context | {"trouble": str(error)}, status=503)
        if len(found) == 1:
            return redirect("person", environment=here.slug, key=found[0].address)
        context["found"] = found
    if request.GET.get("figures") == "now":
        context |= _figures(here)
    return render(request, "people/page.html", context)


@require_safe
@never_cache
def people_figures(request: HttpRequest, environment: str) -> HttpResponse:
    """The number of people and the shared devices: the slow part of the page."""
    here = get_object_or_404(Environment, slug=environment)
    return render(request, "people/figures.html", {"environment": here} | _figures(here))


@require_safe
@never_cache
def person(request: HttpRequest, environment: str, key: str) -> HttpResponse:
    """A person by keyed hash: ids, links, counts and a page of the timeline; for htmx, just the older rows."""
    here = get_object_or_404(Environment, slug=environment)
    who = Person.at(key)
    after = Place.of(request.GET.get("before", ""))
    try:
        found = looking.view(here, who, viewer(request), after=after) if who else None
    except DojoError as error:
        return render(request, "people/nobody.html", {"environment": here, "trouble": str(error)}, status=503)
    if found is None:
        return render(request, "people/nobody.html", {"environment": here}, status=404)
    if found.belongs_to is not None:
        return redirect("person", environment=here.slug, key=found.belongs_to.address)
    context = {
        "environment": here,
        "profile": found,
        "page": found.page,
        "place": str(after or "newest"),
        "older": f"?before={found.page.older}" if found.page.older else "",
        "types": _types(found),
        "named": _as_list(found.id),
        "product_names": names_of(here, _products(found.page)),
    }
    if after is not None and request.htmx:  # type: ignore[attr-defined]
        return render(request, "people/person.html#more", context)
    return render(request, "people/person.html", context)


def _figures(here: Environment) -> dict[str, Any]:
    try:
        index = settled(here.slug)
        rows = with_ids(here.slug, ambiguous(index, SHARED_SHOWN))
        return {
            "audience": audience(index),
            "shared": [
                Shared(
                    row.anonymous_id,
                    Person(anonymous_key=int(row.anonymous_key)).address,
                    row.users,
                    row.records,
                    row.first_at,
                    row.last_at,
                )
                for row in rows.itertuples()
            ],
            "shared_shown": SHARED_SHOWN,
        }
    except DojoError as error:
        return {"trouble": str(error)}


def _as_list(user_id: str) -> str:
    """A CSV of this one id for the deletion request form, which is safe for any id."""
    quoted = user_id.replace('"', '""')
    return f'user_id\n"{quoted}"'


def _products(page: SessionPage) -> Iterator[str]:
    entries = (entry for session in page.sessions for entry in session.entries)
    return (each for entry in entries for each in entry.columns["product_ids"] or [])


def _types(profile: Profile) -> list[dict[str, Any]]:
    """``name, records, colour`` of each type, most frequent first."""
    return [{"name": name, "records": count, "colour": colour_of_type(name)} for name, count in profile.types.items()]
