"""The Health page: whether the data is fit for training, its thresholds, and what an import changed."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions import readiness
from interactions.access import environments
from interactions.analytics.data_sets import settled, standing
from interactions.analytics.filters import Filter
from interactions.analytics.reports.reach import reach
from interactions.analytics.reports.totals import count
from interactions.console.dashboard.odd_dates import OddDates
from interactions.console.filter.choice import FilterChoice
from interactions.console.imports.imports import find_import
from interactions.errors import DataNotReady
from interactions.models import Environment
from interactions.readiness import THRESHOLDS, Threshold, ValueUnit

_PERCENT: Final = 100


@require_safe
@never_cache
def health(request: HttpRequest, environment: str) -> HttpResponse:
    """The page without its checks, which it loads by itself; ``figures=now`` renders both."""
    here = get_object_or_404(Environment, slug=environment)
    context: dict[str, Any] = {"environment": here}
    fragment = bool(request.htmx)  # type: ignore[attr-defined]
    if fragment or request.GET.get("figures") == "now":
        try:
            context["report"] = readiness.report(here)
        except DataNotReady as error:
            context["trouble"] = str(error)
    response = render(request, "health/report.html" if fragment else "health/page.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@never_cache
def import_health(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """What one import changed, for the last step of the wizard; empty once its records are removed.

    204 until the index has its records: the page retries.
    """
    imp = find_import(environment, pk)
    if not imp.is_done or not imp.accepted:
        return HttpResponse("")
    here = imp.environment
    choice = FilterChoice(here.zone, parts=Filter(import_id=imp.pk))
    try:
        index = settled(here.slug)
        if standing(here.slug).is_behind and not count(index, Filter(import_id=imp.pk)):
            return HttpResponse(status=204)
        before, after, changes = readiness.changes(imp)
        odd = OddDates.of(index, reach(index, timezone.now(), here.zone, imp.pk), choice)
    except DataNotReady:
        return HttpResponse(status=204)
    return render(
        request, "health/changes.html",
        {"environment": here, "before": before, "after": after, "changes": changes, "odd": odd},
    )  # fmt: skip


class ThresholdsForm(forms.Form):
    """Two numbers per check: where "good" begins and where "poor" begins. Shares are in percent."""

    def __init__(self, environment: Environment, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for name, threshold in readiness.thresholds_of(environment.thresholds).items():
            for edge in ("good", "poor"):
                self.fields[f"{name}_{edge}"] = forms.FloatField(
                    min_value=0, initial=_shown(getattr(threshold, edge), threshold),
                    max_value=_PERCENT if threshold.unit is ValueUnit.SHARE else None,
                    widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
                )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, threshold in THRESHOLDS.items():
            good, poor = cleaned.get(f"{name}_good"), cleaned.get(f"{name}_poor")
            if good is None or poor is None:
                continue
            if threshold.more_is_better and poor > good:
                self.add_error(f"{name}_poor", "Higher is better here: poor must be below good.")
            elif not threshold.more_is_better and poor < good:
                self.add_error(f"{name}_poor", "Lower is better here: poor must be above good.")
        return cleaned

    def thresholds(self) -> dict[str, list[float]]:
        """The thresholds that differ from the defaults, as stored in an environment."""
        found = {}
        for name, default in THRESHOLDS.items():
            edges = [_kept(self.cleaned_data[f"{name}_{edge}"], default) for edge in ("good", "poor")]
            if edges != [default.good, default.poor]:
                found[name] = edges
        return found


@require_http_methods(["GET", "HEAD", "POST"])
def health_thresholds(request: HttpRequest, environment: str) -> HttpResponse:
    """The thresholds of an environment. POST saves them, or restores the defaults with ``reset``."""
    here = get_object_or_404(Environment, slug=environment)
    if "reset" in request.POST:
        _keep(here, {})
        messages.success(request, "The default thresholds are restored.")
        return redirect("health", environment=here.slug)
    form = ThresholdsForm(here, request.POST or None)
    if request.method == "POST" and form.is_valid():
        _keep(here, form.thresholds())
        messages.success(request, "The thresholds were saved.")
        return redirect("health", environment=here.slug)
    rows = [
        (threshold, form[f"{name}_good"], form[f"{name}_poor"])
        for name, threshold in THRESHOLDS.items()
    ]  # fmt: skip
    return render(request, "health/thresholds.html", {"environment": here, "form": form, "rows": rows})


def _keep(environment: Environment, thresholds: dict[str, list[float]]) -> None:
    environments.change(environment, thresholds=thresholds)


def _shown(value: float, threshold: Threshold) -> float:
    shown = round(value * _PERCENT, 6) if threshold.unit is ValueUnit.SHARE else value
    return int(shown) if shown == int(shown) else shown


def _kept(value: float, threshold: Threshold) -> float:
    return round(value / _PERCENT, 8) if threshold.unit is ValueUnit.SHARE else value
