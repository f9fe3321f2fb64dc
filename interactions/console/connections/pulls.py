"""Pages of pulls: add one, see its days, replace its key, pull now, or pull a day again."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from interactions.access import environments
from interactions.console.gate import person
from interactions.console.key_forms import OnceForm
from interactions.ingest.pulls import change
from interactions.ingest.pulls.sources import PULL_SOURCES, REGIONS
from interactions.models import Connection, Environment, Import, KeptEvent, Pull, PulledDay

_LONGEST: Final = 500
_DAYS: Final = 31  # per page
_EVENTS: Final = 20
_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


def _secret(label: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=_LONGEST, widget=forms.PasswordInput(attrs={**_PLAIN, "autocomplete": "new-password"})
    )


class PullKeyForm(OnceForm):
    """The key for the tool's API."""

    key = forms.CharField(label="Key", max_length=_LONGEST, widget=forms.TextInput(attrs=_PLAIN))
    secret = _secret("Secret")


class PullForm(PullKeyForm):
    """A new pull."""

    source = forms.ChoiceField(
        choices=[(name, source.title) for name, source in PULL_SOURCES.items()],
        widget=forms.RadioSelect,
        initial="mixpanel",
    )
    name = forms.CharField(label="Name (optional)", max_length=100, required=False, widget=forms.TextInput(_PLAIN))
    project = forms.CharField(
        label="Project ID (Mixpanel)", max_length=20, required=False, widget=forms.TextInput(_PLAIN)
    )
    region = forms.ChoiceField(label="Data residency", choices=list(REGIONS.items()))
    zone = forms.CharField(
        label="Time zone of the project's days (optional)",
        max_length=64,
        required=False,
        widget=forms.TextInput({**_PLAIN, "list": "zones", "placeholder": "UTC"}),
    )
    since = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))

    field_order = ("once", "source", "name", "key", "secret", "project", "region", "zone", "since")

    def clean_zone(self) -> str:
        given = str(self.cleaned_data["zone"]).strip()
        return environments.zone_called(given) or given

    def asked(self) -> change.Asked:
        texts = ("source", "key", "secret", "region", "project", "zone", "name")
        said: dict[str, str] = {name: str(self.cleaned_data[name]).strip() for name in texts}
        since: date = self.cleaned_data["since"]
        return change.Asked(**said, since=since)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def pull_create(request: HttpRequest, environment: str) -> HttpResponse:
    """Add a pull."""
    here = get_object_or_404(Environment, slug=environment)
    form = PullForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if form.is_sent_again():
            return redirect("connections", environment=here.slug)
        try:
            pull = change.create(here, form.asked(), user=person(request))
        except change.PullRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{pull.connection.name} was added. Its first days are being pulled.")
            return redirect("connection", environment=here.slug, pk=pull.connection_id)
    choices = [(radio, PULL_SOURCES[str(radio.data["value"])]) for radio in form["source"]]
    context = {"environment": here, "form": form, "choices": choices, "zones": environments.zones()}
    return _page(request, "pull_create", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def pull_key(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Replace the key."""
    pull = _find(environment, pk)
    form = PullKeyForm(request.POST if request.method == "POST" else None)
    source = PULL_SOURCES[pull.connection.source]
    form.fields["key"].label, form.fields["secret"].label = source.key, source.secret
    if form.is_bound and form.is_valid():
        try:
            change.replace_key(pull, form.cleaned_data["key"], form.cleaned_data["secret"], user=person(request))
        except change.PullRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The key was saved. Dojo tries it with {source.title} now.")
            return _to(pull)
    here = pull.connection.environment
    return _page(
        request, "pull_key", {"environment": here, "connection": pull.connection, "form": form, "tool": source}
    )


@require_POST
def pull_now(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Pull days that are due right away."""
    pull = _find(environment, pk)
    if pull.connection.is_paused:
        messages.error(request, f"{pull.connection.name} is paused. Resume it first.")
    else:
        change.pull_now(pull)
        messages.success(request, "The days that are due are being pulled.")
    return _to(pull)


@require_POST
def pull_again(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Pull a day again whose events aren't in the data set."""
    pull = _find(environment, pk)
    given = request.POST.get("day", "")
    rows = pull.days.select_related("imported", "pull")
    day = get_object_or_404(rows, pk=int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0)
    try:
        change.pull_again(day)
        messages.success(request, f"{day.day:%b} {day.day.day} is pulled again.")
    except change.PullRefused as refusal:
        messages.error(request, str(refusal))
    return _to(pull)


def pull_context(pull: Pull) -> dict[str, Any]:
    """The context of a pull's page."""
    days = pull.days.select_related("imported")
    kept = pull.connection.kept_events.all()
    return {
        "environment": pull.connection.environment,
        "connection": pull.connection,
        "pull": pull,
        "tool": PULL_SOURCES[pull.connection.source],
        "region": REGIONS[pull.region],
        "days": [(day, _can_be_pulled_again(day)) for day in days[:_DAYS]],
        "more_days": max(0, days.count() - _DAYS),
        "outcomes": [
            (label, kept.filter(outcome=outcome)[:_EVENTS])
            for label, outcome in (("Refused", KeptEvent.Outcome.REFUSED), ("Skipped", KeptEvent.Outcome.SKIPPED))
        ],
    }


def _can_be_pulled_again(day: PulledDay) -> bool:
    imp = day.imported
    missing = (Import.State.FAILED, Import.State.CANCELLED, Import.State.UNDONE)
    return day.state != PulledDay.State.PULLING and (imp is None or imp.state in missing)


def _find(environment: str, pk: int) -> Pull:
    rows = Pull.objects.select_related("connection__environment")
    return get_object_or_404(rows, connection=pk, connection__environment__slug=environment)


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    answer: HttpResponse = render(request, f"connections/{name}.html", context)
    return answer


def _to(pull: Pull) -> HttpResponse:
    return redirect("connection", environment=pull.connection.environment.slug, pk=pull.connection_id)


def pull_of(connection: Connection) -> Pull | None:
    """The pull of a connection; None if it isn't pulled."""
    return Pull.objects.select_related("connection__environment").filter(connection=connection).first()
