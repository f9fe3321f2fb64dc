"""The overview of an environment: what is in it, what came last, what to do next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from interactions.members import standing
from interactions.models import Environment, Import
from interactions.queries import dashboard
from interactions.views.person import person


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The overview of the first environment that the person is a member of; a word where there is none."""
    environments = standing(person(request)).environments
    if not environments:
        return render(request, "no_environment.html")
    return redirect("overview", environment=environments[0].slug)


@require_safe
def overview(request: HttpRequest, environment: str) -> HttpResponse:
    """Size and span of the data set, the last imports, and the next step to take."""
    here = get_object_or_404(Environment, slug=environment)
    imports = list(here.imports.select_related("created_by")[:5])
    running = next((imp for imp in imports if not imp.has_ended), None)
    return render(
        request,
        "overview.html",
        {
            "environment": here,
            "totals": dashboard.totals(here.slug),
            "imports": imports,
            "last": imports[0] if imports else None,
            "running": running,
            "with_rejects": next((imp for imp in imports if imp.state == Import.State.DONE_WITH_REJECTS), None),
        },
    )
