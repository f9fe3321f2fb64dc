"""Scheduled exports: the list, a new one with the filter of the records, and one with its runs."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.access import environments
from interactions.cohorts.stored import KnownCohorts
from interactions.console.filter.choice import FilterChoice
from interactions.console.fragments import page_or_fragment
from interactions.console.gate import person
from interactions.errors import DojoError
from interactions.exports import schedule as scheduling
from interactions.exports.schedule.target import place
from interactions.models import Environment, ExportSchedule, ScheduledRun

_RUNS: Final = 30
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class ScheduleForm(forms.Form):
    """A new schedule; its filter comes with the page's query."""

    target = forms.CharField(
        label="Write to",
        max_length=500,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "s3://bucket/prefix or warehouse/daily"}
        ),
    )
    format = forms.ChoiceField(choices=ExportSchedule.Format.choices, initial=ExportSchedule.Format.PARQUET)
    every = forms.ChoiceField(label="How often", choices=ExportSchedule.Every.choices, initial=ExportSchedule.Every.DAY)
    weekday = forms.TypedChoiceField(label="Day, if weekly", choices=list(enumerate(_DAYS)), coerce=int, initial=0)
    hour = forms.TypedChoiceField(
        label="Hour, if not hourly", choices=[(hour, f"{hour:02}:00") for hour in range(24)], coerce=int, initial=3
    )
    time_zone = forms.CharField(
        label="Time zone", max_length=64, widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"})
    )
    start = forms.ChoiceField(
        label="First run",
        choices=[("all", "All records so far, then new ones"), ("now", "Only new records from now on")],
        initial="all",
        widget=forms.RadioSelect,
    )

    def clean_time_zone(self) -> str:
        zone = environments.zone_called(str(self.cleaned_data["time_zone"]))
        if zone is None:
            raise forms.ValidationError("Unknown time zone. Type a city and pick it from the list.")
        return zone


_OF_COHORT: Final = (
    "A schedule can't follow a cohort, because its members change between runs. Remove the cohort from the filter."
)


@require_safe
@never_cache
def schedules(request: HttpRequest, environment: str) -> HttpResponse:
    """The schedules, and how their last runs went."""
    here = get_object_or_404(Environment, slug=environment)
    rows = [(row, place(row.target), row.runs.first()) for row in here.export_schedules.filter(removed_at=None)]
    changing = any(run is not None and _is_running(run) for _, _, run in rows)
    context = {"environment": here, "rows": rows, "changing": changing}
    return page_or_fragment(request, "schedules/list.html", "rows", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def schedule_new(request: HttpRequest, environment: str) -> HttpResponse:
    """The form of a new schedule. The filter is the query's, without its period: what is new decides."""
    here = get_object_or_404(Environment, slug=environment)
    choice = FilterChoice.of(request.GET, here.zone, cohorts=KnownCohorts(here)).timeless()
    form = ScheduleForm(request.POST if request.method == "POST" else None, initial={"time_zone": here.time_zone})
    for mistake in choice.mistakes if request.method == "POST" else ():
        form.add_error(None, mistake)  # what was ignored would let more records out than was meant
    if form.is_bound and choice.parts.all_cohorts:
        form.add_error(None, _OF_COHORT)
    if form.is_valid() and (made := _created(request, here, form, choice)):
        messages.success(request, "The schedule was created.")
        return redirect("schedule", environment=here.slug, pk=made.pk)
    context: dict[str, Any] = {
        "environment": here,
        "form": form,
        "chips": choice.chips,
        "query": choice.query(),
        "root": settings.EXPORT_ROOT,
        "zones": environments.zones(),
        "people": bool(choice.people),
    }
    return render(request, "schedules/new.html", context)


def _created(
    request: HttpRequest, here: Environment, form: ScheduleForm, choice: FilterChoice
) -> ExportSchedule | None:
    given = dict(form.cleaned_data)
    from_now = given.pop("start") == "now"
    asked = scheduling.ScheduleAsked(filter=choice.parts, from_now=from_now, **given)
    try:
        return scheduling.create(here, asked, user=person(request))
    except DojoError as error:
        form.add_error("target", str(error))
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def schedule(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """One schedule with its last runs. POST runs it now, pauses, resumes or removes it."""
    here = get_object_or_404(Environment, slug=environment)
    row = get_object_or_404(here.export_schedules.select_related("environment"), pk=pk)
    if request.method == "POST":
        return _do(request, row)
    runs = list(row.runs.all()[:_RUNS])
    context = {
        "environment": here,
        "schedule": row,
        "place": place(row.target),
        "runs": runs,
        "changing": any(map(_is_running, runs)),
        "day": _DAYS[row.weekday],
        "exported": row.imports.filter(records__gt=0).count(),
        "now": timezone.now(),
    }
    return page_or_fragment(request, "schedules/one.html", "runs", context)


def _do(request: HttpRequest, row: ExportSchedule) -> HttpResponse:
    deed = request.POST.get("form", "")
    try:
        if deed == "run":
            scheduling.run_now(row, by=person(request))
        elif deed in ("pause", "resume"):
            scheduling.pause(row, is_paused=deed == "pause", by=person(request))
        elif deed == "remove":
            scheduling.remove(row, by=person(request))
            messages.success(request, f"The schedule was removed. Its files are still in {place(row.target)}.")
            return redirect("schedules", environment=row.environment.slug)
    except DojoError as error:
        messages.error(request, str(error))
    return redirect("schedule", environment=row.environment.slug, pk=row.pk)


def _is_running(run: ScheduledRun) -> bool:
    return run.state in (ScheduledRun.State.WAITING, ScheduledRun.State.WRITING)
