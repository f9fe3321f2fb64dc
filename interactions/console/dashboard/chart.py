"""A single chart of the dashboard on a page of its own, for share links and for other sites that embed it."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from interactions.analytics.reports.breakdowns import Subject
from interactions.console.dashboard import figures
from interactions.console.dashboard.dashboard import opened
from interactions.console.dashboard.data import DashboardData
from interactions.console.dashboard.panels import TOPS, by_group, by_type, top_panel

CHARTS: Final = {
    "over_time": "Interactions over time",
    "by_type": "By type",
    "by_group": "By group",
    "funnel": "Funnel",
    **{subject.value: top.title for subject, top in TOPS.items()},
}
"""The charts and their titles."""


def dashboard_chart(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """One chart of CHARTS with its figures in one response. Raises Http404 for an unknown one, and DataNotReady."""
    if name not in CHARTS:
        raise Http404("There is no such chart.")
    here, choice, context = opened(request, environment, is_noted=True)
    if not context["is_empty"]:
        data = DashboardData.of(here, choice)
        context |= {"has_figures": True, "label": data.label, "unit": data.unit} | _figures(data, name)
    context |= {"name": name, "title": CHARTS[name]}
    return render(request, "dashboard/chart.html", context)


def _figures(data: DashboardData, name: str) -> dict[str, Any]:
    match name:
        case "over_time":
            return {"bars": figures.bars_over_time(data)}
        case "by_type":
            return {"panel": by_type(data)}
        case "by_group":
            return {"panel": by_group(data)}
        case "funnel":
            return {"funnel": figures.funnel_of(data)}
    return {"panel": top_panel(data, Subject(name))}
