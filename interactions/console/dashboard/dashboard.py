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
from interactions.console.dashboard.data import DashboardData
from interactions.console.dashboard.figures import TILES, first_figures, other_figures
from interactions.console.dashboard.tables import TABLES, as_csv
from interactions.console.filter.choice import FilterChoice
from interactions.console.gate import demand
from interactions.console.people.filter import admit
from interactions.models import Environment
from interactions.questions.choice import PRESETS
from interactions.questions.options import SPLITS, Choice


@require_safe
@never_cache
def dashboard(request: HttpRequest, environment: str) -> HttpResponse:
    """The page without numbers, so that it shows at once; a script then loads the first figures (as htmx would).

    ``figures=now`` renders everything in one response, for browsers without scripts.
    """
    here, choice, context = _opened(request, environment, is_noted=True)
    fragment = bool(request.htmx)  # type: ignore[attr-defined]
    if not context["is_empty"] and (fragment or request.GET.get("figures") == "now"):
        data = DashboardData.of(here, choice)
        context |= {"version": data.engine.version} | first_figures(data)
        context |= {} if fragment else other_figures(data)
    response = render(request, "dashboard/figures.html" if fragment else "dashboard/page.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@never_cache
def dashboard_panels(request: HttpRequest, environment: str) -> HttpResponse:
    """The lower panels as a fragment, which the page's script loads in parallel with the first figures."""
    here, choice, context = _opened(request, environment, is_noted=False)  # logged by the page itself
    if not context["is_empty"]:
        context |= other_figures(DashboardData.of(here, choice))
    return render(request, "dashboard/other_figures.html", context)


@require_safe
@never_cache
def dashboard_data(request: HttpRequest, environment: str) -> HttpResponse:
    """``panel=version`` returns the table's version as JSON, ``panel=…&format=csv`` the numbers of a panel."""
    here, choice, context = _opened(request, environment, is_noted=request.GET.get("format") == "csv")
    panel = request.GET.get("panel", "")
    if request.GET.get("format") != "csv":
        if panel != "version":
            return HttpResponseBadRequest("panel has to be version, or format csv.", content_type="text/plain")
        return JsonResponse({name: context[name] for name in ("version", "is_behind", "is_empty")})
    if panel not in TABLES:
        return HttpResponseBadRequest(f"panel has to be one of {', '.join(TABLES)}.", content_type="text/plain")
    return as_csv(DashboardData.of(here, choice), panel)


def _opened(request: HttpRequest, environment: str, *, is_noted: bool) -> tuple[Environment, Choice, dict[str, Any]]:
    """The environment, the parsed parameters, and the context shared by the page and its fragments.

    Figures filtered by person need the PEOPLE right, and are logged if ``is_noted``.
    """
    here = get_object_or_404(Environment, slug=environment)
    choice = Choice.of(request.GET, here.zone, FilterChoice)
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
        "compare_link": choice.filter.query(compare="no" if choice.is_compared else None),
        "imported": get_object_or_404(here.imports, pk=import_id) if import_id else None,
        "version": stands.version,
        "is_behind": stands.is_behind,
        "is_empty": stands.is_empty,
        "label": PRESETS[choice.filter.preset],
        "query": choice.filter.query(),
        "labels": TILES,
        "splits": [(split, choice.filter.query(split=split), split == choice.split) for split in SPLITS],
    }
    return here, choice, context
