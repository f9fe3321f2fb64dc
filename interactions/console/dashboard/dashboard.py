"""The Interactions page: the dashboard of an environment, its panels, and the data behind them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.roles import Right
from interactions.analytics.data_sets import standing
from interactions.cohorts.stored import KnownCohorts
from interactions.console.dashboard.data import DashboardData
from interactions.console.dashboard.figures import TILES, first_figures, other_figures
from interactions.console.dashboard.tables import TABLES, as_csv
from interactions.console.filter.choice import FilterChoice
from interactions.console.gate import demand
from interactions.console.people.filter import admit
from interactions.console.saved.visit import data_address
from interactions.models import Environment
from interactions.questions.choice import PRESETS
from interactions.questions.options import SPLITS, Choice, Comparison


@require_safe
@never_cache
def dashboard(request: HttpRequest, environment: str) -> HttpResponse:
    """The page without numbers, so that it shows at once; a script then loads the figures.

    ``figures=now`` renders everything in one response, for browsers without scripts.
    """
    if request.htmx:  # type: ignore[attr-defined]
        return dashboard_figures(request, environment)
    here, choice, context = opened(request, environment, is_noted=True)
    if not context["is_empty"] and request.GET.get("figures") == "now":
        data = DashboardData.of(here, choice)
        context |= {"version": data.engine.version} | first_figures(data) | other_figures(data)
    response = render(request, "dashboard/page.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@never_cache
def dashboard_figures(request: HttpRequest, environment: str) -> HttpResponse:
    """The first figures as a fragment. They have an address of their own, so that the page's is requested once."""
    here, choice, context = opened(request, environment, is_noted=True)
    if not context["is_empty"]:
        data = DashboardData.of(here, choice)
        context |= {"version": data.engine.version} | first_figures(data)
    return render(request, "dashboard/figures.html", context)


@require_safe
@never_cache
def dashboard_panels(request: HttpRequest, environment: str) -> HttpResponse:
    """The lower panels as a fragment, which the page's script loads in parallel with the first figures."""
    here, choice, context = opened(request, environment, is_noted=False)  # logged by the page itself
    if not context["is_empty"]:
        context |= other_figures(DashboardData.of(here, choice))
    return render(request, "dashboard/other_figures.html", context)


@require_safe
@never_cache
def dashboard_data(request: HttpRequest, environment: str) -> HttpResponse:
    """``panel=version`` returns the table's version as JSON, ``panel=…&format=csv`` the numbers of a panel."""
    here, choice, context = opened(request, environment, is_noted=request.GET.get("format") == "csv")
    panel = request.GET.get("panel", "")
    if request.GET.get("format") != "csv":
        if panel != "version":
            return HttpResponseBadRequest("panel has to be version, or format csv.", content_type="text/plain")
        return JsonResponse({name: context[name] for name in ("version", "is_behind", "is_empty")})
    if panel not in TABLES:
        return HttpResponseBadRequest(f"panel has to be one of {', '.join(TABLES)}.", content_type="text/plain")
    return as_csv(DashboardData.of(here, choice), panel)


def opened(request: HttpRequest, environment: str, *, is_noted: bool) -> tuple[Environment, Choice, dict[str, Any]]:
    """The environment, the parsed parameters, and the context shared by the page and its fragments.

    Figures filtered by person need the PEOPLE right, and are logged if ``is_noted``.
    """
    here = get_object_or_404(Environment, slug=environment)
    choice = Choice.of(request.GET, here.zone, FilterChoice, KnownCohorts(here))
    if is_noted:
        admit(request, here, choice.filter.people, "dashboard")
    elif choice.filter.people:
        demand(request, Right.PEOPLE, here.slug)
    import_id, stands = choice.filter.parts.import_id, standing(here.slug)
    context = {
        "environment": here,
        "choice": choice.filter,
        "filter_page": "dashboard",
        "split": choice.split,
        "is_compared": choice.is_compared,
        "comparison": choice.comparison,
        "comparisons": [
            (each.label, choice.filter.query(compare=each.value), each is choice.comparison) for each in Comparison
        ],
        "imported": get_object_or_404(here.imports, pk=import_id) if import_id else None,
        "version": stands.version,
        "is_behind": stands.is_behind,
        "is_empty": stands.is_empty,
        "label": PRESETS[choice.filter.preset],
        "query": choice.filter.query(),
        "labels": TILES,
        "data_url": data_address(request, "dashboard_data", here),
        "figures_url": data_address(request, "dashboard_figures", here),
        "panels_url": data_address(request, "dashboard_panels", here),
        "splits": [(split, choice.filter.query(split=split), split == choice.split) for split in SPLITS],
    }
    return here, choice, context
