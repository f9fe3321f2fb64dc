"""The cohorts of an environment: the list, how many people they have, and a file of their ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.access.roles import Right
from interactions.analytics.cohorts import CohortDefinition
from interactions.analytics.data_sets import Engine, settled, standing
from interactions.analytics.reports.cohorts import cohort_members, ids_of
from interactions.analytics.reports.cohorts import cohort_people as people_in
from interactions.analytics.reports.reach import reach
from interactions.cohorts import change
from interactions.cohorts.stored import definition_of, rules_of
from interactions.cohorts.uses import uses_of
from interactions.console.cohorts.words import products_of, words_of
from interactions.console.gate import may, person
from interactions.console.spreadsheet import as_stream
from interactions.errors import DataNotReady
from interactions.exports.schedule.target import place
from interactions.models import Cohort, Environment
from interactions.product_names import names_of
from interactions.saved.views import visible

_EVERYBODY = CohortDefinition(0, "", ())
_MANY = 10_000  # ids that are written at once


@require_safe
@never_cache
def cohorts(request: HttpRequest, environment: str) -> HttpResponse:
    """The list, which loads the number of people of each cohort separately."""
    here = get_object_or_404(Environment, slug=environment)
    found = [(cohort, rules_of(cohort)) for cohort in here.cohorts.select_related("created_by")]
    names = names_of(here, (each for _, rules in found for each in products_of(rules)))
    rows = [(cohort, words_of(rules, names)) for cohort, rules in found]
    context = {"environment": here, "rows": rows, "is_empty": standing(here.slug).is_empty}
    return render(request, "cohorts/list.html", context)


@require_safe
@never_cache
def cohort_count(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """How many people are in a cohort now."""
    cohort = find(environment, pk)
    context = counted(cohort.environment, definition_of(cohort, cohort.environment.zone))
    return render(request, "cohorts/count.html", {"cohort": cohort, "environment": cohort.environment} | context)


@require_safe
@never_cache
def cohort_people(request: HttpRequest, environment: str, pk: int) -> HttpResponseBase:
    """The ids of a cohort's people as CSV. It's recorded in the activity log."""
    cohort = find(environment, pk)
    here = cohort.environment
    index = settled(here.slug)
    chosen = _as_of_now(index, here, definition_of(cohort, here.zone))
    table = ids_of(here.slug, cohort_members(index, (chosen,)))
    change.exported(cohort, table.num_rows)

    def rows() -> Iterator[list[str]]:
        yield ["user_id", "anonymous_id"]
        for batch in table.to_batches(_MANY):
            yield from ([row["user_id"] or "", row["anonymous_id"] or ""] for row in batch.to_pylist())

    return as_stream(rows(), f"cohort-{cohort.pk}-{here.slug}.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cohort_delete(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Say what uses the cohort and what happens to it, then delete the cohort."""
    cohort = find(environment, pk)
    if request.method != "POST":
        context = {"environment": cohort.environment, "cohort": cohort, **_used(request, cohort)}
        return render(request, "cohorts/delete.html", context)
    change.delete(cohort)
    messages.success(request, f"{cohort.name} was deleted.")
    return redirect("cohorts", environment=environment)


def find(environment: str, pk: int) -> Cohort:
    """A cohort of this environment. Raises Http404."""
    return get_object_or_404(Cohort.objects.select_related("environment"), pk=pk, environment__slug=environment)


def counted(here: Environment, cohort: CohortDefinition) -> dict[str, Any]:
    """``people`` in a cohort and ``everybody``; or ``trouble``, a sentence why they can't be counted now."""
    try:
        index = settled(here.slug)
        return {
            "people": people_in(index, _as_of_now(index, here, cohort)),
            "everybody": people_in(index, _EVERYBODY),
        }
    except DataNotReady as error:
        return {"trouble": str(error)}


def _used(request: HttpRequest, cohort: Cohort) -> dict[str, Any]:
    """What uses a cohort, for its template. Views that the user can't see are counted, without their names."""
    here, uses = cohort.environment, uses_of(cohort)
    seen = visible(here, person(request), sees_people=may(request, Right.PEOPLE, here.slug))
    names = set(seen.values_list("pk", flat=True))
    views = [view for view in uses.views if view.pk in names]
    return {
        "views": views,
        "other_views": len(uses.views) - len(views),
        "links": uses.links,
        "schedules": [(row, place(row.target)) for row in uses.schedules],
        "is_used": bool(uses.views or uses.links or uses.schedules),
    }


def _as_of_now(index: Engine, here: Environment, cohort: CohortDefinition) -> CohortDefinition:
    return cohort.counted_back(reach(index, timezone.now(), here.zone).newest, here.zone)
