"""The form of a cohort: create and change it, with a count of its people as it is filled in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from interactions.analytics.cohorts import CohortDefinition
from interactions.cohorts import change
from interactions.console.cohorts.cohorts import counted, find
from interactions.console.cohorts.draft import DIDS, FIELDS, WHENS, CohortDraft
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import person
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.errors import DojoError
from interactions.models import Cohort, Environment
from interactions.product_names import names_of


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cohort_create(request: HttpRequest, environment: str) -> HttpResponse:
    """Create a cohort."""
    here = get_object_or_404(Environment, slug=environment)
    return _edited(request, here, None, CohortDraft())


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cohort_edit(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Change a cohort's name and rules."""
    cohort = find(environment, pk)
    return _edited(request, cohort.environment, cohort, CohortDraft.of(cohort))


@require_POST
@never_cache
def cohort_draft(request: HttpRequest, environment: str) -> HttpResponse:
    """How many people the cohort in the form would have."""
    here = get_object_or_404(Environment, slug=environment)
    rules, mistakes = CohortDraft.sent(request.POST).checked()
    if mistakes:
        return render(request, "cohorts/draft.html", {"environment": here, "mistakes": mistakes})
    definition = CohortDefinition(0, "", tuple(rule.in_zone(here.zone) for rule in rules))
    return render(request, "cohorts/draft.html", {"environment": here, **counted(here, definition)})


def _edited(request: HttpRequest, here: Environment, cohort: Cohort | None, draft: CohortDraft) -> HttpResponse:
    """The form; as sent, after a ``step`` that adds or removes a line. Without a step, it's saved if all is right."""
    context: dict[str, Any] = {"name_mistake": "", "mistakes": []}
    if request.method == "POST":
        draft = CohortDraft.sent(request.POST)
        if "step" in request.POST:
            draft.step(request.POST["step"])
        else:
            rules, mistakes = draft.checked()
            context = {"name_mistake": draft.name_mistake, "mistakes": mistakes}
            if not draft.name_mistake and not mistakes:
                try:
                    return _saved(request, here, cohort, draft, rules)
                except DojoError as error:
                    context["name_mistake"] = str(error)
    context |= {
        "environment": here,
        "cohort": cohort,
        "draft": draft,
        "groups": [(group.value, types) for group, types in TYPES_BY_GROUP.items()],
        "dids": list(DIDS.items()),
        "whens": list(WHENS.items()),
        "fields": [(name, part.label) for name, part in FIELDS.items()],
        "product_names": names_of(here, draft.products),
    }
    return page_or_fragment(request, "cohorts/edit.html", "rules", context)


def _saved(
    request: HttpRequest, here: Environment, cohort: Cohort | None, draft: CohortDraft, rules: Any
) -> HttpResponse:
    if cohort is None:
        change.create(here, draft.name, rules, person(request))
    else:
        change.change(cohort, draft.name, rules)
    messages.success(request, f"{draft.name} was saved.")
    return redirect("cohorts", environment=here.slug)
