"""The Data retention page: how long records are kept, what that would remove, and past runs."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from interactions.access.roles import Right
from interactions.analytics.reports import people
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import demand
from interactions.contract.moments import written
from interactions.errors import DojoError
from interactions.models import Environment
from interactions.privacy import data_retention as keeping
from interactions.templatetags.presentation import counted

_RUNS: Final = 20


class RetentionForm(forms.Form):
    """The number of months to keep records; empty for forever."""

    months = forms.IntegerField(label="Months", required=False, min_value=1, max_value=keeping.MOST_MONTHS)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def data_retention(request: HttpRequest, environment: str) -> HttpResponse:
    """The setting, or with ``?months=`` a preview of another value; POST saves it."""
    here = get_object_or_404(Environment, slug=environment)
    if request.method == "POST":
        demand(request, Right.SETTINGS, environment)
        form = RetentionForm(request.POST)
        if form.is_valid():
            return _keep(request, here, form.cleaned_data["months"])
    else:
        form = RetentionForm(request.GET if "months" in request.GET else {"months": here.retention_months})
    months = form.cleaned_data["months"] if form.is_valid() else here.retention_months
    context = {
        "environment": here,
        "form": form,
        "months": months,
        "is_kept": months == here.retention_months,
        "runs": here.retention_runs.all()[:_RUNS],
        **_preview(here, months),
    }
    return page_or_fragment(request, "privacy/data_retention.html", "preview", context)


def _keep(request: HttpRequest, here: Environment, months: int | None) -> HttpResponse:
    try:
        keeping.keep(here, months)
    except DojoError as error:
        messages.error(request, str(error))
    else:
        kept = f"for {counted(months, 'month')}" if months else "forever"
        messages.success(request, f"Saved. Records are kept {kept} from now on.")
    return redirect("data_retention", environment=here.slug)


def _preview(here: Environment, months: int | None) -> dict[str, Any]:
    moment = keeping.before(here, months)
    if moment is None:
        return {"before": None}
    try:
        found = people.by_month(here.slug, moment, here.zone)
    except DojoError as error:
        return {"before": moment, "busy": str(error)}
    rows = [(_month(month), records) for month, records in found.itertuples(index=False, name=None)]
    return {
        "before": moment,
        "next_run": keeping.next_run(here),
        "rows": rows,
        "total": int(found["records"].sum()),
        "largest": max((records for _, records in rows), default=0),
    }


def _month(month: str) -> str:
    """``2024-03`` → ``Mar 2024``."""
    return written(date.fromisoformat(f"{month}-01"), "%b %Y")
